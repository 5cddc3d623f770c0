/** Uploads a dub for a new track, or another file for a dub. Closes once the server has created the upload. */
import { type FormEvent, useEffect, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Button } from "../../ui/button";
import { CheckField } from "../../ui/check-field";
import { Field } from "../../ui/field";
import { InlineError } from "../../ui/notice";
import { SelectField } from "../../ui/select-field";
import { DropZone } from "../upload/drop-zone";
import { type DubDraft, type DubProblems, dubMetadata, dubProblems, NEW_DUB } from "./dub-draft";
import { DUB_FILES, forgetDub, startDub, useDubUploads } from "./dub-uploads";
import { LanguageField } from "./language-field";
import { roleOptions } from "./track-role";
import type { TrackRole } from "./track-types";

interface DubFormProps {
  filmId: string;
  /** The dub that gets another file; null for a new track. */
  track: { id: string; label: string } | null;
  /** The server has created the upload. */
  onStarted(): void;
  onClose(): void;
}

export function DubForm({ filmId, track, onStarted, onClose }: DubFormProps) {
  const { t } = useEditorLanguage();
  const isNew = track === null;
  const [file, setFile] = useState<File | null>(null);
  const [isFileMissing, setFileMissing] = useState(false);
  const [draft, setDraft] = useState(NEW_DUB);
  const change = (changed: Partial<DubDraft>) => {
    setDraft({ ...draft, ...changed });
    setProblems({});
  };
  const [problems, setProblems] = useState<DubProblems>({});
  const [key, setKey] = useState<string | null>(null);
  const { upload, error, clearError } = useStart(key, () => setKey(null));
  const isStarting = upload !== null;

  useEffect(() => {
    if (upload?.fileId) {
      onStarted();
    }
  }, [upload?.fileId, onStarted]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = dubProblems(draft, isNew, t);
    setProblems(found);
    setFileMissing(file === null);
    if (file && !isStarting && Object.keys(found).length === 0) {
      clearError();
      setKey(startDub(dubMetadata(draft, filmId, track?.id ?? null), file));
    }
  };
  const cancel = () => {
    if (key !== null && !upload?.fileId) {
      forgetDub(key);
    }
    onClose();
  };
  const title = isNew ? t.dub.add : t.dub.replaceOf(track.label);
  return (
    <form
      aria-label={title}
      onSubmit={submit}
      className="space-y-5 rounded-2xl border border-line bg-panel p-4 sm:p-6"
    >
      <h4 className="text-lg font-semibold">{title}</h4>
      {!isNew && <p className="text-soft">{t.dub.keepsText}</p>}
      <fieldset disabled={isStarting} className="space-y-5">
        <DropZone
          title={t.dub.dropTitle}
          hint={t.dub.dropHint}
          chosen={file}
          accept={DUB_FILES}
          onFile={(chosen) => {
            setFile(chosen);
            setFileMissing(false);
            clearError();
          }}
        />
        {isFileMissing && (
          <p role="alert" className="text-sm text-ember">
            {t.dub.fileMissing}
          </p>
        )}
        <div className="grid gap-4 sm:grid-cols-2">
          {isNew && (
            <>
              <LanguageField
                tag={draft.language}
                problem={problems.language ?? null}
                onChange={(language) => change({ language })}
              />
              <Field
                label={t.subtitleFile.label}
                hint={t.subtitleFile.labelHint}
                value={draft.label}
                maxLength={100}
                onChange={(event) => change({ label: event.currentTarget.value })}
              />
              <SelectField
                label={t.tracks.role}
                value={draft.role}
                options={roleOptions("audio", draft.role, t)}
                onChange={(event) => change({ role: event.currentTarget.value as TrackRole })}
              />
            </>
          )}
          <Field
            label={t.dub.shift}
            hint={t.dub.shiftHint}
            value={draft.shift}
            // Phones show a keypad without a minus sign for `decimal`.
            inputMode="text"
            autoComplete="off"
            placeholder="0"
            problem={problems.shift ?? null}
            onChange={(event) => change({ shift: event.currentTarget.value })}
          />
        </div>
        {isNew && (
          <CheckField
            label={t.tracks.isDefault}
            hint={t.tracks.defaultHint.audio}
            checked={draft.isDefault}
            onChange={(isDefault) => change({ isDefault })}
          />
        )}
      </fieldset>
      <InlineError error={error} />
      <div className="flex flex-wrap gap-3">
        <Button type="submit" kind="primary" disabled={isStarting}>
          {isStarting ? t.dub.starting : t.dub.submit}
        </Button>
        <Button onClick={cancel}>{t.film.cancel}</Button>
      </div>
    </form>
  );
}

/** The upload with this key, and why the server refused to create it. A refused upload is forgotten. */
function useStart(key: string | null, onRefused: () => void) {
  const { t } = useEditorLanguage();
  const [error, setError] = useState<string | null>(null);
  const upload = useDubUploads().get(key ?? "") ?? null;
  const refusal =
    upload?.phase === "failed" && upload.fileId === null ? (upload.error ?? t.errors.network) : null;
  useEffect(() => {
    if (key !== null && refusal !== null) {
      setError(refusal);
      forgetDub(key);
      onRefused();
    }
  }, [key, refusal, onRefused]);
  return { upload: refusal === null ? upload : null, error, clearError: () => setError(null) };
}
