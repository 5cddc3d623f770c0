/** The films that match in one way, each with the text that matched. */
import type { FoundFilm, MatchedField } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import { FilmFacts } from "../../catalogue/film-card";
import { Poster } from "../../catalogue/poster";
import { secondTitleOf, titleOf, useLanguage } from "../../i18n/language";
import { langOf } from "../../i18n/script";
import { Marked } from "./marked";

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
        {films.map((film) => (
          <li key={film.id}>
            <Found film={film} text={text} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Found({ film, text }: { film: FoundFilm; text: string }) {
  const { t, language } = useLanguage();
  const title = titleOf(film.titles, language, t.films.untitled);
  const second = secondTitleOf(film.titles, language);
  const { match } = film;
  return (
    <Link
      to="/films/$film"
      params={{ film: film.slug }}
      className="group flex gap-4 rounded-2xl p-2 hover:bg-panel"
    >
      <span className="w-20 shrink-0">
        <Poster film={film} sizes="5rem" />
      </span>
      <span className="min-w-0 flex-1 self-center">
        <span
          lang={title.lang}
          className="title block font-semibold break-words group-hover:text-accent-strong"
        >
          <Marked text={title.text} searched={text} />
        </span>
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
      </span>
    </Link>
  );
}
