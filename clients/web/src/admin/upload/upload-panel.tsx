/** The upload of a file: running on this page, or stopped and waiting to be resumed. */
import { ApiError, type FilmFile } from "@nang/api-client";
import { useEffect, useRef, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { byteSize, longDuration, percentOf } from "../../lib/format";
import { api } from "../../session";
import { Button, ConfirmButton } from "../../ui/button";
import { Meter } from "../../ui/meter";
import { InlineError } from "../../ui/notice";
import { DropZone } from "./drop-zone";
import type { FileUpload, UploadState } from "./file-upload";
import { isOwnUpload } from "./own-uploads";

interface RunningUploadProps {
  state: UploadState;
  upload: FileUpload | null;
  onDiscard(): void;
}

/** An upload that this page runs. */
export function RunningUpload({ state, upload, onDiscard }: RunningUploadProps) {
  const { t } = useEditorLanguage();
  const { phase, sentBytes, sizeBytes, bytesPerSecond, remainingMs } = state;
  return (
    <div className="space-y-4">
      <UploadBar label={t.upload.progress} name={state.fileName} done={sentBytes} total={sizeBytes} />
      <p className="flex flex-wrap gap-x-4 text-sm text-muted" role="status" aria-live="off">
        <span className={phase === "waiting" ? "text-accent" : "text-soft"}>{t.upload[phase]}</span>
        {bytesPerSecond !== null && <span>{t.upload.speed(byteSize(bytesPerSecond))}</span>}
        {remainingMs !== null && <span>{t.duration.left(longDuration(Math.max(1000, remainingMs), t))}</span>}
      </p>
      {phase === "failed" && <InlineError error={state.error ?? t.errors.network} />}
      <div className="flex flex-wrap gap-3">
        {phase === "queued" ? null : phase === "running" || phase === "waiting" ? (
          <Button onClick={() => upload?.pause()}>{t.upload.pause}</Button>
        ) : (
          <Button kind="primary" onClick={() => upload?.resume()}>
            {t.upload.resume}
          </Button>
        )}
        <ConfirmButton
          label={t.upload.discard}
          question={t.upload.discardSure}
          yes={t.upload.discard}
          no={t.upload.keep}
          onConfirm={onDiscard}
        />
      </div>
    </div>
  );
}

interface StoppedUploadProps {
  file: Pick<FilmFile, "id" | "name" | "size_bytes" | "received_bytes">;
  /** The formats that the browser's file dialog shows; videos by default. */
  accept?: string;
  onResume(file: File): void;
  onDiscarded?(): void;
}

/** An upload of which the server has a part and that this page does not run. */
export function StoppedUpload({ file, accept, onResume, onDiscarded }: StoppedUploadProps) {
  const { t } = useEditorLanguage();
  const [problem, setProblem] = useState<unknown>(null);
  const growing = useGrowing(file.received_bytes) && !isOwnUpload(file.id);
  const resumeWith = (chosen: File) => {
    if (chosen.size !== file.size_bytes) {
      setProblem(t.upload.otherFile(file.name, byteSize(file.size_bytes)));
    } else {
      onResume(chosen);
    }
  };
  const discard = async () => {
    try {
      await api.delete("/api/admin/uploads/{id}", {
        path: { id: file.id },
        header: { "Tus-Resumable": "1.0.0" },
      });
    } catch (error) {
      const isGone = error instanceof ApiError && (error.status === 404 || error.status === 410);
      if (!isGone) {
        throw error;
      }
    }
  };
  return (
    <div className="space-y-4">
      <UploadBar
        label={t.upload.progress}
        name={file.name}
        done={file.received_bytes}
        total={file.size_bytes}
      />
      {growing && <p className="text-soft">{t.upload.elsewhere}</p>}
      {/* Hidden, not removed: the count may still grow after a lost connection while the user chooses a file. */}
      <div hidden={growing}>
        <DropZone
          title={t.upload.interrupted(percentOf(file.received_bytes, file.size_bytes))}
          hint={t.upload.interruptedHint(file.name)}
          accept={accept}
          onFile={resumeWith}
        />
      </div>
      <InlineError error={problem} />
      <ConfirmButton
        label={t.upload.discard}
        question={t.upload.discardSure}
        yes={t.upload.discard}
        no={t.upload.keep}
        onConfirm={() => void discard().then(onDiscarded, setProblem)}
      />
    </div>
  );
}

function UploadBar({
  label,
  name,
  done,
  total,
}: {
  label: string;
  name: string;
  done: number;
  total: number;
}) {
  const { t } = useEditorLanguage();
  return (
    <div className="space-y-2">
      <p className="flex items-baseline justify-between gap-4">
        <span className="min-w-0 font-semibold break-all">{name}</span>
        <span className="text-2xl font-bold tabular-nums">{percentOf(done, total)} %</span>
      </p>
      <Meter label={label} done={done} total={total} />
      <p className="text-sm text-muted tabular-nums">{t.upload.of(byteSize(done), byteSize(total))}</p>
    </div>
  );
}

/** Whether a number has increased within the last ten seconds. */
function useGrowing(value: number): boolean {
  const [growing, setGrowing] = useState(false);
  const before = useRef(value);
  useEffect(() => {
    if (value > before.current) {
      setGrowing(true);
    }
    before.current = value;
    const timer = setTimeout(() => setGrowing(false), 10_000);
    return () => clearTimeout(timer);
  }, [value]);
  return growing;
}
