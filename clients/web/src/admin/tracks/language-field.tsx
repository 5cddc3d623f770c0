/** Chooses the language of a track: from a list, or as a BCP 47 tag. */
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Field } from "../../ui/field";
import { SelectField } from "../../ui/select-field";
import { isLanguageTag, languageOptions, OTHER_LANGUAGE, optionOf } from "./language-choice";

interface LanguageFieldProps {
  /** A BCP 47 tag; empty if the track has none yet. */
  tag: string;
  problem: string | null;
  disabled?: boolean;
  onChange(tag: string): void;
}

export function LanguageField({ tag, problem, disabled = false, onChange }: LanguageFieldProps) {
  const { t } = useEditorLanguage();
  const [choice, setChoice] = useState(() => optionOf(tag, t));
  const isOther = choice === OTHER_LANGUAGE;
  const options = [
    ...languageOptions(t).map((option) => ({ value: option.tag, label: option.name })),
    { value: OTHER_LANGUAGE, label: t.tracks.otherLanguage },
  ];
  const choose = (chosen: string) => {
    setChoice(chosen);
    onChange(chosen === OTHER_LANGUAGE ? "" : chosen);
  };
  return (
    <div className="space-y-3">
      <SelectField
        label={t.tracks.language}
        value={choice}
        options={options}
        disabled={disabled}
        problem={isOther ? null : problem}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {isOther && (
        <Field
          label={t.tracks.languageTag}
          hint={t.tracks.languageTagHint}
          value={tag}
          disabled={disabled}
          maxLength={35}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          problem={problem ?? (tag !== "" && !isLanguageTag(tag) ? t.tracks.languageTagWrong : null)}
          onChange={(event) => onChange(event.currentTarget.value.trim())}
        />
      )}
    </div>
  );
}
