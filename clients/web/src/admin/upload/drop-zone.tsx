/** An area for dropping a file, or for choosing one with a tap. */
import { type DragEvent, useId, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { byteSize } from "../../lib/format";
import { UploadIcon } from "../../ui/icons";
import { InlineError } from "../../ui/notice";

interface DropZoneProps {
  title: string;
  hint: string;
  chosen?: File | null;
  /** The formats that the browser's file dialog shows; videos by default. */
  accept?: string | undefined;
  onFile(file: File): void;
}

/** `video/*` makes phones offer their gallery; the extensions are formats that browsers do not recognise as video. */
const VIDEOS = "video/*,.mkv,.mxf,.mov,.mp4,.m4v,.avi,.webm,.ts,.mts,.m2ts,.mpg,.mpeg,.ogv,.wmv,.vob,.dv";

export function DropZone({ title, hint, chosen = null, accept = VIDEOS, onFile }: DropZoneProps) {
  const { t } = useEditorLanguage();
  const id = useId();
  const [over, setOver] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const take = (file: File | undefined) => {
    if (!file) {
      return;
    }
    setError(file.size === 0 ? t.upload.emptyFile : null);
    if (file.size > 0) {
      onFile(file);
    }
  };
  const onDrag = (event: DragEvent, isOver: boolean) => {
    event.preventDefault();
    setOver(isOver);
  };
  return (
    <div className="space-y-3">
      <input
        id={id}
        type="file"
        accept={accept}
        className="peer sr-only"
        onChange={(event) => {
          take(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
      <label
        htmlFor={id}
        onDragEnter={(event) => onDrag(event, true)}
        onDragOver={(event) => onDrag(event, true)}
        onDragLeave={(event) => onDrag(event, false)}
        onDrop={(event) => {
          onDrag(event, false);
          take(event.dataTransfer.files[0]);
        }}
        className={`flex min-h-44 flex-col items-center justify-center gap-2 rounded-3xl border-2 border-dashed px-5 py-8 text-center transition-colors peer-focus-visible:outline-3 peer-focus-visible:outline-offset-3 peer-focus-visible:outline-lamp-bright ${
          over ? "border-lamp bg-lamp/10" : "border-line bg-stage hover:border-muted hover:bg-panel"
        }`}
      >
        <UploadIcon className={`size-10 ${chosen || over ? "text-accent" : "text-muted"}`} />
        {chosen ? (
          <>
            <span className="font-semibold break-all">{chosen.name}</span>
            <span className="text-soft">{byteSize(chosen.size)}</span>
            <span className="text-sm text-muted underline underline-offset-4">{t.upload.chooseOther}</span>
          </>
        ) : (
          <>
            <span className="text-lg font-semibold">{title}</span>
            <span className="max-w-md text-sm text-muted">{hint}</span>
          </>
        )}
      </label>
      <InlineError error={error} />
    </div>
  );
}
