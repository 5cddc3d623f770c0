/** The films that match in one way, each with the text that matched. */
import type { FoundFilm, MatchedField } from "@nang/api-client";
import { FilmFacts } from "../../catalogue/film-card";
import { FilmLine } from "../../catalogue/film-line";
import { secondTitleOf, titleOf, useLanguage } from "../../i18n/language";
import { langOf } from "../../i18n/script";
import { Marked } from "./marked";

/** What the first screen of a phone shows. */
const URGENT_POSTERS = 4;

interface FoundFilmsProps {
  field: MatchedField;
  text: string;
  films: readonly FoundFilm[];
}

export function FoundFilms({ field, text, films }: FoundFilmsProps) {
  const { t } = useLanguage();
  return films.length === 0 ? null : (
    <section className="mt-7">
      <h2 className="text-lg font-semibold">{t.search.groups[field]}</h2>
      <ul className="mt-3 grid gap-2 lg:grid-cols-2">
        {films.map((film, index) => (
          <li key={film.id} className="flex">
            <Found film={film} text={text} isUrgent={index < URGENT_POSTERS} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface FoundProps {
  film: FoundFilm;
  text: string;
  isUrgent: boolean;
}

function Found({ film, text, isUrgent }: FoundProps) {
  const { t, language } = useLanguage();
  const title = titleOf(film.titles, language, t.films.untitled);
  const second = secondTitleOf(film.titles, language);
  const { match } = film;
  return (
    <FilmLine
      film={film}
      size="large"
      title={<Marked text={title.text} searched={text} />}
      isUrgent={isUrgent}
    >
      {second && (
        <span lang={second.lang} className="block text-soft">
          <Marked text={second.text} searched={text} />
        </span>
      )}
      <span className="block text-sm text-muted">
        <FilmFacts film={film} />
      </span>
      {match.field !== "title" && (
        <span lang={langOf(match.text)} className="mt-1 line-clamp-3 block text-sm text-soft">
          <Marked text={match.text} searched={text} />
        </span>
      )}
    </FilmLine>
  );
}
