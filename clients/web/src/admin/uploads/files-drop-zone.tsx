/** Takes many files, or a folder. */
import { type ChangeEvent, useId, useRef } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Button } from "../../ui/button";
import { UploadIcon } from "../../ui/icons";

export function FilesDropZone({ onFiles }: { onFiles(files: readonly File[]): void }) {
  const { t } = useEditorLanguage();
  const id = useId();
  const folder = useRef<HTMLInputElement>(null);
  const take = ({ currentTarget }: ChangeEvent<HTMLInputElement>) => {
    onFiles([...(currentTarget.files ?? [])]);
    currentTarget.value = "";
  };
  return (
    <div className="space-y-3">
      <input id={id} type="file" multiple className="peer sr-only" onChange={take} />
      <label
        htmlFor={id}
        className="flex min-h-44 flex-col items-center justify-center gap-2 rounded-3xl border-2 border-dashed border-line bg-stage px-5 py-8 text-center peer-focus-visible:outline-3 peer-focus-visible:outline-offset-3 peer-focus-visible:outline-lamp-bright hover:border-muted hover:bg-panel"
      >
        <UploadIcon className="size-10 text-muted" />
        <span className="text-lg font-semibold">{t.uploads.dropMany}</span>
        <span className="max-w-md text-sm text-muted">{t.uploads.dropManyHint}</span>
      </label>
      <input
        ref={(input) => {
          folder.current = input;
          // React does not know this attribute.
          input?.setAttribute("webkitdirectory", "");
        }}
        type="file"
        hidden
        onChange={take}
      />
      <Button onClick={() => folder.current?.click()}>{t.uploads.chooseFolder}</Button>
    </div>
  );
}
