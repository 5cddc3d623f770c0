/** A film as one line of a list: its poster at the left, its title and what the list says about it. */
import type { Film } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { titleOf, useLanguage } from "../i18n/language";
import { Poster } from "./poster";

interface FilmLineProps {
  film: Film;
  size?: "small" | "large";
  /** In place of the plain title, for example with the searched words marked. */
  title?: ReactNode;
  children: ReactNode;
}

const SIZES = {
  small: { width: "w-12", sizes: "3rem" },
  large: { width: "w-20", sizes: "5rem" },
};

export function FilmLine({ film, size = "small", title, children }: FilmLineProps) {
  const { t, language } = useLanguage();
  const { text, lang } = titleOf(film.titles, language, t.films.untitled);
  const { width, sizes } = SIZES[size];
  return (
    <Link
      to="/films/$film"
      params={{ film: film.slug }}
      className="group flex min-w-0 flex-1 items-center gap-4 rounded-2xl p-2 hover:bg-panel"
    >
      <span className={`${width} shrink-0`}>
        <Poster film={film} sizes={sizes} />
      </span>
      <span className="min-w-0 flex-1">
        <span lang={lang} className="title block font-semibold break-words group-hover:text-accent-strong">
          {title ?? text}
        </span>
        {children}
      </span>
    </Link>
  );
}
