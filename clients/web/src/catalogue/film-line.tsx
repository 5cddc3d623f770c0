/** A film as one line of a list: its poster at the left, its title and what the list says about it. */
import type { Film } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { titleOf, useLanguage } from "../i18n/language";
import { IMAGE_SIZES } from "./image-sizes";
import { Poster } from "./poster";

interface FilmLineProps {
  film: Film;
  size?: "small" | "large";
  /** In place of the plain title, for example with the searched words marked. */
  title?: ReactNode;
  /** Whether the first screen shows it. */
  isUrgent?: boolean;
  children: ReactNode;
}

const SIZES = {
  small: { width: "w-12", sizes: "3rem" },
  large: { width: "w-20", sizes: IMAGE_SIZES.found },
};

export function FilmLine({ film, size = "small", title, isUrgent = false, children }: FilmLineProps) {
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
        <Poster film={film} sizes={sizes} isUrgent={isUrgent} />
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

/** Placeholders of the large lines, which fill the screen so that nothing below moves. */
export function FilmLinesSkeleton() {
  return (
    <div className="mt-7 grid min-h-dvh content-start gap-2 lg:grid-cols-2" aria-hidden="true">
      {["a", "b", "c", "d", "e", "f"].map((name) => (
        <div key={name} className="flex items-center gap-4 p-2">
          <div className={`skeleton aspect-2/3 ${SIZES.large.width} rounded-xl`} />
          <div className="flex-1">
            <div className="skeleton h-5 w-3/5 rounded" />
            <div className="skeleton mt-2 h-4 w-2/5 rounded" />
          </div>
        </div>
      ))}
    </div>
  );
}
