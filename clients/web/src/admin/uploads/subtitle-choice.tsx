/** Chooses the film and the language of a dropped subtitle file. */
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { SelectField } from "../../ui/select-field";
import { LanguageField } from "../tracks/language-field";
import { subtitleName } from "./subtitle-name";
import { isWanted, type KnownFilm, type Plan, type PlannedFile, type SubtitleFilm } from "./upload-plan";

interface SubtitleChoiceProps {
  file: File;
  plan: Plan;
  planned: readonly PlannedFile[];
  films: readonly KnownFilm[];
  onChange(plan: Plan): void;
}

interface FilmOption {
  value: string;
  label: string;
  of: SubtitleFilm;
}

export function SubtitleChoice({ file, plan, planned, films, onChange }: SubtitleChoiceProps) {
  const { t, language } = useEditorLanguage();
  const dropped = planned.flatMap(({ file: film, plan: other }, index): FilmOption[] => {
    const title = other.kind === "new" ? Object.values(other.titles)[0] : undefined;
    return other.kind === "new"
      ? [
          {
            value: `dropped ${index}`,
            label: t.uploads.subtitlesOf(title || film.name),
            of: { dropped: film },
          },
        ]
      : [];
  });
  const known = films.map(
    (film): FilmOption => ({
      value: film.id,
      label: t.uploads.subtitlesOf(titleOf(film.titles, language, film.slug).text),
      of: { filmId: film.id },
    }),
  );
  const options = [...dropped, ...known];
  const of = plan.kind === "subtitle" ? plan.of : null;
  const current = options.find(
    (option) =>
      of !== null &&
      ("filmId" in of
        ? "filmId" in option.of && option.of.filmId === of.filmId
        : "dropped" in option.of && option.of.dropped === of.dropped),
  );
  const choose = (value: string) => {
    const chosen = options.find((option) => option.value === value);
    const tag = plan.kind === "subtitle" ? plan.language : (subtitleName(file.name).language ?? "");
    onChange(chosen ? { kind: "subtitle", of: chosen.of, language: tag } : { kind: "skip", why: "chosen" });
  };
  return (
    <div className="space-y-2">
      <SelectField
        label={t.uploads.becomes(file.name)}
        isLabelHidden
        value={current?.value ?? "skip"}
        onChange={(event) => choose(event.currentTarget.value)}
        options={[{ value: "skip", label: t.uploads.skip }, ...options]}
      />
      {plan.kind === "subtitle" && current && (
        <LanguageField
          tag={plan.language}
          problem={isWanted({ file, plan }, planned) ? null : t.tracks.languageTagWrong}
          onChange={(tag) => onChange({ ...plan, language: tag })}
        />
      )}
      {plan.kind === "subtitle" && current && "dropped" in current.of && (
        <p className="text-sm text-muted">{t.uploads.subtitleWaits}</p>
      )}
      {plan.kind === "skip" && <p className="text-sm text-muted">{t.uploads.skipped[plan.why]}</p>}
    </div>
  );
}
