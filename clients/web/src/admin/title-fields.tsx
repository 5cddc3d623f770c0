import type { Titles } from "@nang/api-client";
import { useEditorLanguage } from "../i18n/editor";
import { Field } from "../ui/field";

interface TitleFieldsProps {
  titles: Titles;
  onChange(titles: Titles): void;
  /** Field name (`titles.lo`) -> what is wrong with it, from the problem document. */
  problems: Readonly<Record<string, string>>;
}

const MAX_TITLE_LENGTH = 200;

export function TitleFields({ titles, onChange, problems }: TitleFieldsProps) {
  const { t } = useEditorLanguage();
  const fields = [
    { language: "lo", label: t.newFilm.titleLo },
    { language: "en", label: t.newFilm.titleEn },
  ];
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {fields.map(({ language, label }) => (
        <Field
          key={language}
          label={label}
          lang={language}
          maxLength={MAX_TITLE_LENGTH}
          value={titles[language] ?? ""}
          problem={problems[`titles.${language}`] ?? null}
          onChange={(event) => onChange({ ...titles, [language]: event.currentTarget.value })}
        />
      ))}
    </div>
  );
}

/** The titles that are not empty; null if all are. */
export function filledTitles(titles: Titles): Titles | null {
  const filled = Object.entries(titles)
    .map(([language, title]) => [language, title.trim()] as const)
    .filter(([, title]) => title !== "");
  return filled.length > 0 ? Object.fromEntries(filled) : null;
}

/** Proposes a title from a file name: in Lao if the name contains Lao letters. */
export function titlesFromFileName(name: string): Titles {
  const title = name
    .replace(/\.[^.]{1,5}$/, "")
    .replace(/[._]+/g, " ")
    .trim()
    .slice(0, MAX_TITLE_LENGTH);
  return title === "" ? {} : { [/[\u0e80-\u0eff]/.test(title) ? "lo" : "en"]: title };
}
