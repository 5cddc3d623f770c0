/** A dub in the making: its upload, its encoding, or why it could not be made. */
import { useEffect, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { percentOf } from "../../lib/format";
import { Button, ConfirmButton } from "../../ui/button";
import { AlertIcon } from "../../ui/icons";
import { Meter } from "../../ui/meter";
import { Working } from "../../ui/notice";
import { useReturnFocus } from "../../ui/use-return-focus";
import { Reason } from "../reason";
import { Chip, type Tone } from "../status-chip";
import type { UploadState } from "../upload/file-upload";
import { RunningUpload, StoppedUpload } from "../upload/upload-panel";
import { DubForm } from "./dub-form";
import { DUB_FILES, dubUpload, forgetDub, startDub, useDubUploads } from "./dub-uploads";
import { languageName } from "./language-choice";
import type { UnfinishedDub } from "./track-types";

const TONES: Record<UnfinishedDub["state"], Tone> = {
  uploading: "busy",
  waiting: "busy",
  encoding: "busy",
  failed: "bad",
};

interface UnfinishedDubRowProps {
  filmId: string;
  dub: UnfinishedDub;
  working: boolean;
  onRemove(): void;
  onReplaced(): void;
}

export function UnfinishedDubRow({ filmId, dub, working, onRemove, onReplaced }: UnfinishedDubRowProps) {
  const { t, language } = useEditorLanguage();
  const [replacing, setReplacing] = useState(false);
  const replaceButton = useReturnFocus<HTMLButtonElement>(replacing);
  const running = useRunning(dub.file_id);
  const remove = () => {
    if (running) {
      forgetDub(running.key);
    }
    onRemove();
  };

  // The server's record says more than this page's upload once it has the whole file.
  const isReceived = dub.state !== "uploading";
  const runningKey = running?.key;
  useEffect(() => {
    if (isReceived && runningKey !== undefined) {
      forgetDub(runningKey);
    }
  }, [isReceived, runningKey]);

  return (
    <li className="space-y-4 rounded-2xl border border-line bg-panel p-4">
      <div className="space-y-2">
        <h4 lang={dub.language ?? undefined} className="text-lg font-semibold break-words">
          {dub.label}
        </h4>
        <p className="flex flex-wrap gap-2">
          <Chip tone={TONES[dub.state]}>{t.dub.state[dub.state]}</Chip>
          <Chip>{languageName(dub.language, t, language) ?? t.tracks.noLanguage}</Chip>
          {dub.role !== "main" && <Chip tone="busy">{t.tracks.roles[dub.role]}</Chip>}
          {dub.shift_ms !== 0 && <Chip>{t.dub.shifted(String(dub.shift_ms / 1000))}</Chip>}
          {dub.is_replacement && <Chip>{t.dub.isReplacement}</Chip>}
        </p>
      </div>
      {dub.state === "uploading" ? (
        <Uploading filmId={filmId} dub={dub} running={running} onDiscard={remove} />
      ) : (
        <p className="text-sm break-all text-muted">{t.dub.file(dub.file_name)}</p>
      )}
      {dub.state === "waiting" && <Working label={t.dub.state.waiting} className="justify-start!" />}
      {dub.state === "encoding" && <Encoding dub={dub} />}
      {dub.state === "failed" && <Failure dub={dub} />}
      {replacing && (
        <DubForm
          filmId={filmId}
          track={{ id: dub.track_id, label: dub.label }}
          onStarted={onReplaced}
          onClose={() => setReplacing(false)}
        />
      )}
      <div className="flex flex-wrap gap-3">
        {dub.state === "failed" && !replacing && (
          <Button ref={replaceButton} kind="primary" onClick={() => setReplacing(true)}>
            {t.dub.replace}
          </Button>
        )}
        {dub.state !== "uploading" && (
          <ConfirmButton
            label={t.dub.remove}
            name={`${t.dub.remove}: ${dub.label}`}
            question={
              dub.is_replacement ? t.dub.removeReplacementSure(dub.label) : t.dub.removeSure(dub.label)
            }
            yes={t.dub.remove}
            no={t.upload.keep}
            disabled={working}
            onConfirm={remove}
          />
        )}
      </div>
    </li>
  );
}

interface UploadingProps {
  filmId: string;
  dub: UnfinishedDub;
  running: Running | null;
  onDiscard(): void;
}

function Uploading({ filmId, dub, running, onDiscard }: UploadingProps) {
  const { t } = useEditorLanguage();
  if (running?.state.phase === "done") {
    return <Working label={t.upload.done} className="justify-start!" />;
  }
  if (running) {
    return <RunningUpload state={running.state} upload={dubUpload(running.key)} onDiscard={onDiscard} />;
  }
  const { file_id, file_name, size_bytes, received_bytes } = dub;
  const file = { id: file_id, name: file_name, size_bytes, received_bytes };
  const resume = (chosen: File) => void startDub({ film_id: filmId }, chosen, file_id);
  return <StoppedUpload file={file} accept={DUB_FILES} onResume={resume} />;
}

function Encoding({ dub }: { dub: UnfinishedDub }) {
  const { t } = useEditorLanguage();
  return (
    <div className="space-y-3">
      <p className="flex items-baseline justify-between gap-4">
        <span className="font-semibold">{t.dub.state.encoding}</span>
        <span className="text-2xl font-bold tabular-nums">{percentOf(dub.progress, 1)} %</span>
      </p>
      <Meter label={t.dub.encodingProgress} done={dub.progress} total={1} className="h-3" />
      {dub.note && <Reason text={dub.note} reason={null} className="text-sm text-soft" />}
      <p className="text-muted">{t.dub.encodingText}</p>
    </div>
  );
}

function Failure({ dub }: { dub: UnfinishedDub }) {
  const { t } = useEditorLanguage();
  return (
    <div role="alert" className="space-y-3 rounded-2xl border border-ember/50 bg-ember/8 p-4">
      <p className="flex items-center gap-2 font-semibold text-ember">
        <AlertIcon className="size-5" />
        {t.dub.failedTitle}
      </p>
      {dub.failure && <Reason text={dub.failure} reason={dub.reason} />}
      <p className="text-soft">{dub.is_replacement ? t.dub.failedReplacementHint : t.dub.failedHint}</p>
    </div>
  );
}

interface Running {
  key: string;
  state: UploadState;
}

/** The upload of this file, if this page runs it. */
function useRunning(fileId: string): Running | null {
  const found = [...useDubUploads()].find(([, state]) => state.fileId === fileId);
  return found ? { key: found[0], state: found[1] } : null;
}
