/** All descriptive fields of a film, Lao and English side by side. */
import { ApiError } from "@nang/api-client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { genresQuery } from "../../catalogue/queries";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { countryName } from "../../i18n/names";
import { Field } from "../../ui/field";
import { PickList } from "../../ui/pick-list";
import { TextArea } from "../../ui/text-area";
import { DraftBar } from "../draft/draft-bar";
import { useDraft } from "../draft/use-draft";
import { ProfileField } from "../profile-field";
import { languageName, languageOptions } from "../tracks/language-choice";
import { changeOf, type DetailsField, detailsOf, SERVER_FIELDS, wrongFields } from "./details-draft";
import { FACTS, type FieldShape, fieldHint, fieldLabel, PAIRS } from "./details-fields";
import { useFilmStore } from "./open-film";

export function DetailsTab() {
  const { t, language } = useEditorLanguage();
  const draft = useDraft(useFilmStore(detailsOf, changeOf));
  const [isChecked, setChecked] = useState(false);
  const { data: genres } = useQuery(genresQuery);
  const { values, set } = draft;
  const wrong = isChecked ? wrongFields(values) : [];
  const refused = draft.error instanceof ApiError ? draft.error.fields : {};

  const problemOf = (field: DetailsField) => {
    if (wrong.includes(field)) {
      return t.details.wrong[field as keyof typeof t.details.wrong] ?? t.details.refused;
    }
    const detail = refused[SERVER_FIELDS[field]];
    return detail === undefined ? null : language === "en" ? detail : t.details.refused;
  };
  const save = () => {
    setChecked(true);
    if (wrongFields(values).length === 0) {
      void draft.save();
    }
  };
  const text = (shape: FieldShape) => (
    <TextInput
      key={shape.name}
      shape={shape}
      value={values[shape.name]}
      problem={problemOf(shape.name)}
      onChange={(value) => set({ [shape.name]: value })}
    />
  );
  const genreOptions = (genres?.items ?? []).map(({ id, names, slug }) => ({
    value: id,
    label: titleOf(names, language, slug).text,
  }));
  const countryOptions = Object.keys(t.countries).map((code) => ({
    value: code,
    label: countryName(code, t, language),
  }));
  const spokenOptions = languageOptions(t).map(({ tag, name }) => ({ value: tag, label: name }));
  const named = (options: readonly { value: string; label: string }[], chosen: readonly string[]) =>
    chosen.map((value) => options.find((option) => option.value === value)?.label ?? value).join(", ");
  const lists = [
    { name: "genres", options: genreOptions },
    {
      name: "countries",
      options: withUnknown(countryOptions, values.countries, (code) => countryName(code, t, language)),
    },
    {
      name: "languages",
      options: withUnknown(spokenOptions, values.languages, (tag) => languageName(tag, t, language) ?? tag),
    },
  ] as const;
  return (
    <form
      noValidate
      className="space-y-8"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      {PAIRS.map((pair) => (
        <div key={pair[0].name} className="grid gap-4 lg:grid-cols-2">
          {pair.map(text)}
        </div>
      ))}
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">{FACTS.map(text)}</div>
      <div className="grid gap-6 sm:grid-cols-2 lg:grid-cols-3">
        {lists.map(({ name, options }) => (
          <PickList
            key={name}
            label={fieldLabel(name, t)}
            hint={fieldHint(name, t) ?? ""}
            problem={problemOf(name)}
            addLabel={t.details.add[name]}
            removeLabel={t.details.remove}
            values={values[name]}
            options={options}
            onChange={(chosen) => set({ [name]: chosen })}
          />
        ))}
      </div>
      <ProfileField value={values.profile} onChange={(profile) => set({ profile })} />
      <DraftBar
        draft={draft}
        labelOf={(field) => fieldLabel(field, t)}
        textOf={(field, shown) => {
          const list = lists.find(({ name }) => name === field);
          return list ? named(list.options, shown[list.name]) : String(shown[field]);
        }}
        fieldsWithProblems={Object.values(SERVER_FIELDS)}
        onSave={save}
      />
      {/* Enter in a field saves. */}
      <button type="submit" hidden />
    </form>
  );
}

interface TextInputProps {
  shape: FieldShape;
  value: string;
  problem: string | null;
  onChange(value: string): void;
}

function TextInput({ shape, value, problem, onChange }: TextInputProps) {
  const { t } = useEditorLanguage();
  const { name, lang, isLong, maxLength, inputMode } = shape;
  const shared = { label: fieldLabel(name, t), value, maxLength, ...(lang && { lang }) };
  return isLong ? (
    <TextArea {...shared} problem={problem} onChange={(event) => onChange(event.currentTarget.value)} />
  ) : (
    <Field
      {...shared}
      {...(inputMode && { inputMode })}
      hint={fieldHint(name, t)}
      problem={problem}
      autoCapitalize={name === "slug" ? "off" : undefined}
      onChange={({ currentTarget: { value: typed } }) =>
        onChange(name === "slug" ? typed.trim().toLowerCase() : typed)
      }
    />
  );
}

/** The options, and those that the film has although the list does not know them. */
function withUnknown(
  options: readonly { value: string; label: string }[],
  chosen: readonly string[],
  nameOf: (value: string) => string,
) {
  const unknown = chosen.filter((value) => options.every((option) => option.value !== value));
  return [...options, ...unknown.map((value) => ({ value, label: nameOf(value) }))];
}
