/** The first film of the first category, over its backdrop. The same query fills its page, which then opens at once. */
import type { Film } from "@nang/api-client";
import { useQuery } from "@tanstack/react-query";
import { CatalogueImage } from "../../catalogue/catalogue-image";
import { FilmFacts } from "../../catalogue/film-card";
import { FEATURED_FRAME, FEATURED_IMAGE } from "../../catalogue/first-screen";
import { IMAGE_SIZES } from "../../catalogue/image-sizes";
import { filmQuery } from "../../catalogue/queries";
import { TwoNames } from "../../catalogue/two-names";
import { textOf, useLanguage } from "../../i18n/language";
import { ButtonLink } from "../../ui/button";
import { PlayIcon } from "../../ui/icons";
import { screenArt } from "../../ui/screen-art";

export function FeaturedFilm({ film }: { film: Film }) {
  const { t, language } = useLanguage();
  const { data: details } = useQuery(filmQuery(film.slug));
  const synopsis = details && textOf(details.synopses, language);
  const { backdrop } = film;
  return (
    <section
      data-theme="dark"
      aria-label={t.home.featured}
      style={screenArt(film.id)}
      className={`${FEATURED_FRAME} ${backdrop ? "bg-stage" : "screen-art"}`}
    >
      {backdrop && (
        <CatalogueImage image={backdrop} sizes={IMAGE_SIZES.featured} isUrgent className={FEATURED_IMAGE} />
      )}
      <span className="backdrop-shade absolute inset-0" aria-hidden="true" />
      <div className="page-width relative flex flex-col items-start gap-2 pb-6 sm:pb-10">
        <TwoNames
          names={film.titles}
          nameless={t.films.untitled}
          heading="h2"
          headingClass="max-w-3xl text-3xl font-bold break-words sm:text-5xl"
          secondClass="text-soft sm:text-lg"
        />
        <p className="text-sm text-soft">
          <FilmFacts film={film} />
        </p>
        {/* The text comes later than the film. Its place stays free, so that the title does not move. */}
        <p
          lang={synopsis?.lang}
          className="line-clamp-2 h-[2lh] max-w-2xl text-soft sm:line-clamp-3 sm:h-[3lh]"
        >
          {synopsis?.text}
        </p>
        <ButtonLink to="/films/$film" params={{ film: film.slug }} kind="primary" className="mt-2 px-7">
          <PlayIcon className="size-5" />
          {t.home.watch}
        </ButtonLink>
      </div>
    </section>
  );
}

export function FeaturedSkeleton() {
  return (
    <div className={FEATURED_FRAME} aria-hidden="true">
      <div className="skeleton absolute inset-0" />
    </div>
  );
}
