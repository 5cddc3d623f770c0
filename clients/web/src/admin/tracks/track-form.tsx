/** Changes the name, language, flags and role of a track. */
import { ApiError } from "@nang/api-client";
import { type FormEvent, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Button } from "../../ui/button";
import { CheckField } from "../../ui/check-field";
import { Field } from "../../ui/field";
import { SelectField } from "../../ui/select-field";
import { isLanguageTag } from "./language-choice";
import { LanguageField } from "./language-field";
import { roleOptions } from "./track-role";
import type { AdminTrack, TrackChange, TrackKind, TrackRole } from "./track-types";

interface TrackFormProps {
  track: AdminTrack;
  kind: TrackKind;
  working: boolean;
  error: unknown;
  onSave(change: TrackChange): void;
  onClose(): void;
}

export function TrackForm({ track, kind, working, error, onSave, onClose }: TrackFormProps) {
  const { t } = useEditorLanguage();
  const [label, setLabel] = useState(track.label);
  const [language, setLanguage] = useState(track.language ?? "");
  const [isDefault, setDefault] = useState(track.default);
  const [forced, setForced] = useState(track.forced);
  const [role, setRole] = useState<TrackRole>(track.role);
  const [isChecked, setChecked] = useState(false);
  const fields = error instanceof ApiError ? error.fields : {};
  // One audio track must be the default, so the flag is removed by giving it to another track.
  const keepsDefault = kind === "audio" && track.default;

  const name = label.trim();
  const isTagWrong = language !== "" && !isLanguageTag(language);
  const wrong: { label?: string; language?: string } = {
    ...(name === "" ? { label: t.tracks.nameMissing } : {}),
    ...(isTagWrong ? { language: t.tracks.languageTagWrong } : {}),
  };
  const problem = isChecked ? wrong : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (Object.keys(wrong).length === 0 && !working) {
      onSave({
        ...(name === track.label ? {} : { label: name }),
        ...(language === "" || language === track.language ? {} : { language }),
        ...(isDefault === track.default ? {} : { default: isDefault }),
        ...(forced === track.forced ? {} : { forced }),
        ...(role === track.role ? {} : { role }),
      });
    }
  };
  return (
    <form
      aria-label={t.tracks.editTrack(track.label)}
      onSubmit={submit}
      className="space-y-4 border-t border-line pt-4"
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label={t.tracks.name}
          hint={t.tracks.nameHint}
          lang={track.language ?? undefined}
          value={label}
          maxLength={100}
          autoFocus
          problem={problem.label ?? fields.label ?? null}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
        <LanguageField
          tag={language}
          problem={problem.language ?? fields.language ?? null}
          onChange={setLanguage}
        />
        <SelectField
          label={t.tracks.role}
          value={role}
          options={roleOptions(kind, track.role, t)}
          problem={fields.role ?? null}
          onChange={(event) => setRole(event.currentTarget.value as TrackRole)}
        />
      </div>
      <div className="space-y-1">
        <CheckField
          label={t.tracks.isDefault}
          hint={keepsDefault ? t.tracks.keepsDefault : t.tracks.defaultHint[kind]}
          checked={isDefault}
          disabled={keepsDefault}
          onChange={setDefault}
        />
        {kind === "subtitles" && (
          <CheckField
            label={t.tracks.isForced}
            hint={t.tracks.forcedHint}
            checked={forced}
            onChange={setForced}
          />
        )}
      </div>
      <div className="flex flex-wrap gap-3">
        <Button type="submit" kind="primary" disabled={working}>
          {working ? t.film.saving : t.film.save}
        </Button>
        <Button onClick={onClose}>{t.film.cancel}</Button>
      </div>
    </form>
  );
}
