/** Language, name, flags and role of a subtitle track that is added. */
import { useEditorLanguage } from "../../i18n/editor";
import { CheckField } from "../../ui/check-field";
import { Field } from "../../ui/field";
import { SelectField } from "../../ui/select-field";
import { LanguageField } from "./language-field";
import type { SubtitleDraft } from "./subtitle-query";
import { roleOptions } from "./track-role";
import type { TrackRole } from "./track-types";

interface NewTrackFieldsProps {
  draft: SubtitleDraft;
  languageProblem: string | null;
  labelProblem: string | null;
  onChange(draft: SubtitleDraft): void;
}

export function NewTrackFields({ draft, languageProblem, labelProblem, onChange }: NewTrackFieldsProps) {
  const { t } = useEditorLanguage();
  return (
    <div className="space-y-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <LanguageField
          tag={draft.language}
          problem={languageProblem}
          onChange={(language) => onChange({ ...draft, language })}
        />
        <Field
          label={t.subtitleFile.label}
          hint={t.subtitleFile.labelHint}
          value={draft.label}
          maxLength={100}
          problem={labelProblem}
          onChange={(event) => onChange({ ...draft, label: event.currentTarget.value })}
        />
        <SelectField
          label={t.tracks.role}
          value={draft.role}
          options={roleOptions("subtitles", draft.role, t)}
          onChange={(event) => onChange({ ...draft, role: event.currentTarget.value as TrackRole })}
        />
      </div>
      <div className="space-y-1">
        <CheckField
          label={t.tracks.isDefault}
          hint={t.tracks.defaultHint.subtitles}
          checked={draft.isDefault}
          onChange={(isDefault) => onChange({ ...draft, isDefault })}
        />
        <CheckField
          label={t.tracks.isForced}
          hint={t.tracks.forcedHint}
          checked={draft.forced}
          onChange={(forced) => onChange({ ...draft, forced })}
        />
      </div>
    </div>
  );
}
