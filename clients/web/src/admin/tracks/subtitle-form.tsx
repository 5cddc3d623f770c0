/** Adds a subtitle file to a film, or replaces the file of a track. */
import { type FormEvent, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { byteSize } from "../../lib/format";
import { Button } from "../../ui/button";
import { Meter } from "../../ui/meter";
import { DropZone } from "../upload/drop-zone";
import { AcceptedReport } from "./accepted-report";
import { EncodingConfirmation } from "./encoding-confirmation";
import { fileProblems, guessedEncoding } from "./file-problems";
import { FileRefusal } from "./file-refusal";
import { NewTrackFields } from "./new-track-fields";
import { type DraftProblems, draftProblems, type SubtitleDraft, subtitleQuery } from "./subtitle-query";
import { NO_TIMING, TimingFields } from "./timing-fields";
import type { AcceptedSubtitle, AdminTrack } from "./track-types";
import { useSubtitleUpload } from "./use-subtitle-upload";

/** Phones grey out files whose type they do not know, so the text types are listed too. */
const SUBTITLES = ".srt,.vtt,.ass,.ssa,.txt,text/vtt,text/plain,application/x-subrip";

const NEW_DRAFT: SubtitleDraft = {
  language: "lo",
  label: "",
  isDefault: false,
  forced: false,
  role: "main",
  timing: NO_TIMING,
};

interface SubtitleFormProps {
  filmId: string;
  /** The track whose file is replaced; null for a new track. */
  track: AdminTrack | null;
  onAccepted(accepted: AcceptedSubtitle): void;
  onClose(): void;
}

export function SubtitleForm({ filmId, track, onAccepted, onClose }: SubtitleFormProps) {
  const { t } = useEditorLanguage();
  const isNew = track === null;
  const [file, setFile] = useState<File | null>(null);
  const [isFileMissing, setFileMissing] = useState(false);
  const [draft, setDraft] = useState(NEW_DRAFT);
  const [isChecked, setChecked] = useState(false);
  const problems = isChecked ? draftProblems(draft, isNew, t) : {};
  const [isTimingOpen, setTimingOpen] = useState(false);
  const [encoding, setEncoding] = useState<string | null>(null);
  const [accepted, setAccepted] = useState<AcceptedSubtitle | null>(null);
  const { sentBytes, error, send, cancel, clearError } = useSubtitleUpload((response) => {
    setAccepted(response);
    onAccepted(response);
  });
  const sending = sentBytes !== null;
  const guess = guessedEncoding(error);
  const refusal = fileProblems(error);

  const choose = (chosen: File) => {
    setFile(chosen);
    setFileMissing(false);
    setEncoding(null);
    clearError();
  };
  const change = (changed: SubtitleDraft) => {
    setDraft(changed);
    // What the server said about a field was about its former value.
    if (Object.keys(refusal.fields).length > 0) {
      clearError();
    }
  };
  const start = (chosenEncoding: string | null) => {
    const found = draftProblems(draft, isNew, t);
    setChecked(true);
    setTimingOpen(isTimingOpen || hasTimingProblem(found));
    setFileMissing(file === null);
    if (file && Object.keys(found).length === 0) {
      setEncoding(chosenEncoding);
      const query = subtitleQuery(draft, isNew, file.name, chosenEncoding);
      send({ filmId, trackId: track?.id ?? null, query, file });
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start(encoding);
  };
  if (accepted) {
    const newTrack = isNew ? { id: filmId, track: accepted.track_id } : null;
    return <AcceptedReport accepted={accepted} newTrack={newTrack} onClose={onClose} />;
  }
  const title = isNew ? t.subtitleFile.add : t.subtitleFile.replace;
  return (
    <form
      aria-label={title}
      onSubmit={submit}
      className="space-y-5 rounded-2xl border border-line bg-panel p-4 sm:p-6"
    >
      <h4 className="text-lg font-semibold">{title}</h4>
      <fieldset disabled={sending} className="space-y-5">
        <DropZone
          title={t.subtitleFile.dropTitle}
          hint={t.subtitleFile.dropHint}
          chosen={file}
          accept={SUBTITLES}
          onFile={choose}
        />
        {isFileMissing && (
          <p role="alert" className="text-sm text-ember">
            {t.subtitleFile.fileMissing}
          </p>
        )}
        {isNew && (
          <NewTrackFields
            draft={draft}
            languageProblem={problems.language ?? refusal.fields.language ?? null}
            labelProblem={refusal.fields.label ?? null}
            onChange={change}
          />
        )}
        <details
          className="rounded-xl border border-line px-4"
          open={isTimingOpen}
          onToggle={(event) => setTimingOpen(event.currentTarget.open)}
        >
          <summary className="min-h-11 py-2.5">{t.subtitleFile.timing}</summary>
          <div className="pb-4">
            <TimingFields
              timing={draft.timing}
              shiftProblem={problems.shift_ms ?? refusal.fields.shift_ms ?? null}
              ratesProblem={problems.from_fps ?? refusal.fields.from_fps ?? refusal.fields.to_fps ?? null}
              onChange={(timing) => change({ ...draft, timing })}
            />
          </div>
        </details>
      </fieldset>
      {guess && file ? (
        <EncodingConfirmation
          key={guess.encoding}
          guess={guess}
          file={file}
          language={isNew ? draft.language : (track.language ?? "")}
          sending={sending}
          onConfirm={start}
        />
      ) : (
        <FileRefusal error={error} problems={refusal} file={file} encoding={encoding} />
      )}
      {sending && file && <SendProgress sentBytes={sentBytes} totalBytes={file.size} />}
      <div className="flex flex-wrap gap-3">
        {!guess && (
          <Button type="submit" kind="primary" disabled={sending}>
            {sending ? t.subtitleFile.sending : isNew ? t.subtitleFile.submit : t.subtitleFile.replaceSubmit}
          </Button>
        )}
        <Button onClick={sending ? cancel : onClose}>{t.film.cancel}</Button>
      </div>
    </form>
  );
}

function hasTimingProblem(problems: DraftProblems): boolean {
  return problems.shift_ms !== undefined || problems.from_fps !== undefined;
}

function SendProgress({ sentBytes, totalBytes }: { sentBytes: number; totalBytes: number }) {
  const { t } = useEditorLanguage();
  const isSent = sentBytes >= totalBytes;
  return (
    <div className="space-y-2">
      <Meter label={t.upload.progress} done={sentBytes} total={totalBytes} />
      <p role="status" className="text-sm text-muted tabular-nums">
        {isSent ? t.subtitleFile.reading : t.upload.of(byteSize(sentBytes), byteSize(totalBytes))}
      </p>
    </div>
  );
}
