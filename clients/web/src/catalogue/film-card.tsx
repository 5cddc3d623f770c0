/** A film in a list: its poster, its title, and one line about it. */
import type { Film } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { titleOf, useLanguage } from "../i18n/language";
import { shortDuration } from "../lib/format";
import { Poster } from "./poster";

interface FilmCardProps {
  film: Film;
  sizes: string;
  isUrgent?: boolean;
  /** In place of year and length. */
  facts?: ReactNode;
  /** Drawn over the lower edge of the poster. */
  overlay?: ReactNode;
}

export function FilmCard({ film, sizes, isUrgent = false, facts, overlay }: FilmCardProps) {
  const { t, language } = useLanguage();
  const title = titleOf(film.titles, language, t.films.untitled);
  return (
    <Link to="/films/$film" params={{ film: film.slug }} className="group block rounded-xl">
      <span className="relative block transition-transform duration-300 ease-out-soft group-hover:-translate-y-1">
        <Poster film={film} sizes={sizes} isUrgent={isUrgent} />
        {overlay}
      </span>
      <span
        lang={title.lang}
        className="title mt-2 line-clamp-2 font-semibold break-words group-hover:text-accent-strong"
      >
        {title.text}
      </span>
      <span className="line-clamp-2 text-sm text-muted">{facts || <FilmFacts film={film} />}</span>
    </Link>
  );
}

/** Year and length, as far as they are known. */
export function FilmFacts({ film }: { film: Film }) {
  const { t } = useLanguage();
  const facts = [film.year, film.duration_ms !== null && shortDuration(film.duration_ms, t)];
  return <>{facts.filter(Boolean).join(" · ")}</>;
}
