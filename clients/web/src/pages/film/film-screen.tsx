/** The player; or, for a film that cannot play now, its backdrop and the reason. */
import type { FilmDetails } from "@nang/api-client";
import type { ReactNode } from "react";
import { CatalogueImage, imageUrl } from "../../catalogue/catalogue-image";
import { FILM_IMAGE } from "../../catalogue/first-screen";
import { IMAGE_SIZES } from "../../catalogue/image-sizes";
import { secondTitleOf, useLanguage } from "../../i18n/language";
import { langOf } from "../../i18n/script";
import { dateText } from "../../lib/dates";
import type { PlaybackSessionApi } from "../../player/playback-session-api";
import { Player } from "../../player/player";
import { ClockIcon, GlobeIcon } from "../../ui/icons";
import { screenArt } from "../../ui/screen-art";
import { countryList } from "./country-list";

const ICON = "size-9 text-accent sm:size-12";

interface FilmScreenProps {
  film: FilmDetails;
  title: string;
  /** Only for the bearer of a preview link: the film plays whatever its availability is. */
  previewApi?: PlaybackSessionApi | undefined;
}

export function FilmScreen({ film, title, previewApi }: FilmScreenProps) {
  const { t, language } = useLanguage();
  const { state, from, until, is_here, countries, region_note } = film.availability;
  const backdrop = film.images.find(({ kind }) => kind === "backdrop");
  const art = backdrop && (
    <CatalogueImage image={backdrop} sizes={IMAGE_SIZES.screen} isUrgent className={FILM_IMAGE} />
  );
  if (film.duration_ms === null) {
    return (
      <Unavailable filmId={film.id} art={art} title={t.filmPage.preparing} text={t.filmPage.preparingText} />
    );
  }
  const isPreview = previewApi !== undefined;
  if (state === "soon" && !isPreview) {
    const text = from && t.filmPage.soonFrom(dateText(from, language));
    return <Unavailable filmId={film.id} art={art} title={t.filmPage.soon} text={text} />;
  }
  if (state === "over" && !isPreview) {
    const text = until && t.filmPage.overSince(dateText(until, language));
    return <Unavailable filmId={film.id} art={art} title={t.filmPage.over} text={text} />;
  }
  if (!is_here && !isPreview) {
    return (
      <Unavailable
        filmId={film.id}
        art={art}
        icon={<GlobeIcon className={ICON} />}
        title={t.filmPage.notHere}
        text={t.filmPage.canBeWatchedIn(countryList(countries, t, language))}
        note={region_note}
      />
    );
  }
  return (
    <Player
      filmId={film.id}
      title={title}
      subtitle={secondTitleOf(film.titles, language)?.text}
      artwork={film.poster ? imageUrl(film.poster) : undefined}
      durationMs={film.duration_ms}
      wholePageKeys
      isPreview={isPreview}
      sessionApi={previewApi}
      art={art}
    />
  );
}

interface UnavailableProps {
  filmId: string;
  art: ReactNode;
  icon?: ReactNode;
  title: string;
  text: string | null;
  /** In the editors' own words. */
  note?: string | null;
}

function Unavailable({ filmId, art, icon, title, text, note = null }: UnavailableProps) {
  return (
    <div
      data-theme="dark"
      style={screenArt(filmId)}
      className="screen-art relative grid frame-box w-full place-items-center overflow-hidden sm:rounded-2xl"
    >
      {art}
      <div className="absolute inset-0 bg-black/70" />
      <div className="relative flex flex-col items-center gap-2 px-6 text-center">
        {icon ?? <ClockIcon className={ICON} />}
        <p className="text-lg font-semibold sm:text-2xl">{title}</p>
        {text && <p className="text-soft">{text}</p>}
        {note && (
          <p lang={langOf(note)} className="text-sm text-soft">
            {note}
          </p>
        )}
      </div>
    </div>
  );
}
