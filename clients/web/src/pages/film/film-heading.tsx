/** The film's titles, one line of facts, and what a viewer may do with it besides playing it, which is nothing in a preview. */
import type { FilmDetails } from "@nang/api-client";
import { TwoNames } from "../../catalogue/two-names";
import { secondTitleOf, useLanguage } from "../../i18n/language";
import { countryName } from "../../i18n/names";
import { langOf } from "../../i18n/script";
import { dateText } from "../../lib/dates";
import { longDuration } from "../../lib/format";
import { ClockIcon } from "../../ui/icons";
import { ListButton } from "./list-button";
import { ShareButton } from "./share-button";

interface FilmHeadingProps {
  film: FilmDetails;
  title: { text: string; lang: string };
  isPreview?: boolean;
}

export function FilmHeading({ film, title, isPreview = false }: FilmHeadingProps) {
  const { t, language } = useLanguage();
  const second = secondTitleOf(film.titles, language);
  const original = film.original_title;
  const isOriginalNew = original !== null && original !== title.text && original !== second?.text;
  const facts = [
    film.year,
    film.duration_ms !== null && longDuration(film.duration_ms, t),
    film.countries.map((code) => countryName(code, t, language)).join(", "),
  ].filter(Boolean);
  return (
    <header className="pt-5 sm:pt-7">
      <TwoNames
        names={film.titles}
        nameless={t.films.untitled}
        heading="h1"
        headingClass="text-2xl font-bold break-words sm:text-4xl"
        secondClass="text-lg text-soft"
      />
      {isOriginalNew && (
        <p lang={langOf(original)} className="text-soft">
          {t.filmPage.original(original)}
        </p>
      )}
      <p className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
        <span>{facts.join(" · ")}</span>
        {film.age_rating !== null && (
          <span
            title={t.filmPage.rating(film.age_rating)}
            className="rounded border border-line px-2 text-sm leading-6"
          >
            {film.age_rating}
          </span>
        )}
        {film.width !== null && film.height !== null && (
          <span className="rounded border border-line px-2 text-sm leading-6">
            {Math.min(film.width, film.height)}p
          </span>
        )}
      </p>
      {film.availability.state === "now" && film.availability.is_here && film.availability.until !== null && (
        <p className="mt-2 flex items-center gap-2 text-accent">
          <ClockIcon className="size-5" />
          {t.filmPage.until(dateText(film.availability.until, language))}
        </p>
      )}
      {!isPreview && (
        <div className="mt-4 flex flex-wrap gap-3">
          <ListButton film={film} />
          <ShareButton title={title.text} />
        </div>
      )}
    </header>
  );
}
