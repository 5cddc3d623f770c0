/** A film's poster in the width that fits. Until it has loaded, its main colour; without one, colours and the film's title. */
import type { Film } from "@nang/api-client";
import { titleOf, useLanguage } from "../i18n/language";
import { screenArt } from "../ui/screen-art";
import { CatalogueImage } from "./catalogue-image";
import { POSTER_FRAME, POSTER_IMAGE } from "./first-screen";

interface PosterProps {
  film: Film;
  /** The width on the page, as in the `sizes` attribute of an image. */
  sizes: string;
  /** Loads at once and before others: for posters that the first screen shows. */
  isUrgent?: boolean;
}

export function Poster({ film, sizes, isUrgent = false }: PosterProps) {
  return (
    <span className={POSTER_FRAME}>
      {film.poster ? (
        <CatalogueImage image={film.poster} sizes={sizes} isUrgent={isUrgent} className={POSTER_IMAGE} />
      ) : (
        <PosterArt film={film} />
      )}
    </span>
  );
}

function PosterArt({ film }: { film: Film }) {
  const { t, language } = useLanguage();
  const title = titleOf(film.titles, language, t.films.untitled);
  return (
    <span
      data-theme="dark"
      aria-hidden="true"
      style={screenArt(film.id)}
      className="screen-art flex size-full flex-col justify-end p-3"
    >
      <span className="woven-band absolute inset-x-0 top-0" />
      <span className="screen-shade absolute inset-0" />
      <span
        lang={title.lang}
        className="title relative line-clamp-4 text-sm font-semibold break-words @max-[5rem]:hidden"
      >
        {title.text}
      </span>
    </span>
  );
}
