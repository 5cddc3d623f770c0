/** Changes or adds one cue. */
import { type FormEvent, useId, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Button, ConfirmButton } from "../../ui/button";
import { Field } from "../../ui/field";
import { InlineError } from "../../ui/notice";
import { type CueDraft, type CueProblems, readDraft } from "./cue-draft";
import type { Cue } from "./cue-list";

interface CueFormProps {
  draft: CueDraft;
  /** BCP 47. */
  language: string | null;
  working: boolean;
  /** Why the server refused the cue; or a text. */
  error: unknown;
  /** What the server says about single fields. */
  fields: Readonly<Record<string, string>>;
  onChange(draft: CueDraft): void;
  onSave(cue: Cue): void;
  onDelete(): void;
  onClose(): void;
}

export function CueForm(props: CueFormProps) {
  const { draft, language, working, error, fields, onChange, onSave, onDelete, onClose } = props;
  const { t } = useEditorLanguage();
  const id = useId();
  const [isChecked, setChecked] = useState(false);
  const { cue, problems: found } = readDraft(draft, t);
  const problems: CueProblems = isChecked ? found : {};
  const isNew = draft.before === null;
  const textProblem = problems.text ?? fields.text ?? null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (cue && !working) {
      onSave(cue);
    }
  };
  return (
    <form
      aria-label={isNew ? t.cues.newCue : t.cues.editCue(draft.index + 1)}
      onSubmit={submit}
      className="space-y-4 rounded-2xl border border-lamp/60 bg-panel p-4"
    >
      <p className="font-semibold">{isNew ? t.cues.newCue : t.cues.editCue(draft.index + 1)}</p>
      <div className="grid grid-cols-2 gap-3 sm:max-w-md">
        <TimeField
          label={t.cues.start}
          value={draft.start}
          problem={problems.start ?? fields.start_ms ?? null}
          onChange={(start) => onChange({ ...draft, start })}
        />
        <TimeField
          label={t.cues.end}
          value={draft.end}
          problem={problems.end ?? fields.end_ms ?? null}
          onChange={(end) => onChange({ ...draft, end })}
        />
      </div>
      <div>
        <label htmlFor={id} className="mb-1 block text-sm text-soft">
          {t.cues.text}
        </label>
        <textarea
          id={id}
          lang={language ?? undefined}
          dir="auto"
          rows={Math.min(8, Math.max(2, draft.text.split("\n").length))}
          maxLength={5000}
          value={draft.text}
          // biome-ignore lint/a11y/noAutofocus: the form opens on request, next to its button
          autoFocus
          aria-invalid={textProblem !== null}
          aria-describedby={`${id}-hint`}
          onChange={(event) => onChange({ ...draft, text: event.currentTarget.value })}
          className="w-full rounded-xl border border-line bg-stage px-4 py-2 text-lg leading-[1.75] text-ink hover:border-muted aria-invalid:border-ember"
        />
        <p id={`${id}-hint`} className={`mt-1 text-sm ${textProblem ? "text-ember" : "text-muted"}`}>
          {textProblem ?? t.cues.textHint}
        </p>
      </div>
      <InlineError error={fields.cue ? t.cues.refused(fields.cue) : error} />
      <div className="flex flex-wrap gap-3">
        <Button type="submit" kind="primary" disabled={working}>
          {working ? t.film.saving : t.film.save}
        </Button>
        <Button onClick={onClose}>{t.film.cancel}</Button>
        {!isNew && (
          <ConfirmButton
            label={t.cues.delete}
            question={t.cues.deleteSure}
            yes={t.cues.delete}
            no={t.upload.keep}
            disabled={working}
            onConfirm={onDelete}
          />
        )}
      </div>
    </form>
  );
}

interface TimeFieldProps {
  label: string;
  value: string;
  problem: string | null;
  onChange(value: string): void;
}

function TimeField({ label, value, problem, onChange }: TimeFieldProps) {
  return (
    <Field
      label={label}
      value={value}
      problem={problem}
      // A numeric keypad of a phone may lack the colon.
      inputMode="text"
      autoComplete="off"
      spellCheck={false}
      maxLength={16}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
