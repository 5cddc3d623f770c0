/** What a viewer may want to know before pressing play: genres, languages, subtitles, until when and where. */
import type { FilmDetails } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Dictionary } from "../../i18n/en";
import { type Language, titleOf, useLanguage } from "../../i18n/language";
import { countryName, languageName } from "../../i18n/names";
import { langOf } from "../../i18n/script";
import { countryList } from "./country-list";

type FilmTrack = FilmDetails["audio_tracks"][number];

export function FilmTable({ film }: { film: FilmDetails }) {
  const { t, language } = useLanguage();
  const { countries, region_note } = film.availability;
  const spoken = film.languages.map((tag) => languageName(tag, t, language) ?? tag);
  return (
    <dl className="h-fit space-y-4 rounded-2xl border border-line bg-stage p-5">
      {film.genres.length > 0 && (
        <Row name={t.filmPage.genres}>
          <span className="flex flex-wrap gap-x-3">
            {film.genres.map(({ id, slug, names }) => {
              const name = titleOf(names, language, slug);
              return (
                <Link
                  key={id}
                  to="/genres/$genre"
                  params={{ genre: slug }}
                  lang={name.lang}
                  className="inline-block py-1 text-accent underline-offset-4 hover:text-accent-strong hover:underline"
                >
                  {name.text}
                </Link>
              );
            })}
          </span>
        </Row>
      )}
      {film.countries.length > 0 && (
        <Row name={t.filmPage.countries}>
          {film.countries.map((code) => countryName(code, t, language)).join(", ")}
        </Row>
      )}
      {spoken.length > 0 && <Row name={t.filmPage.spoken}>{spoken.join(", ")}</Row>}
      {film.audio_tracks.length > 0 && (
        <Row name={t.filmPage.audio}>{trackList(film.audio_tracks, t, language)}</Row>
      )}
      <Row name={t.filmPage.subtitles}>{trackList(film.subtitle_tracks, t, language) || t.filmPage.none}</Row>
      {(region_note !== null || countries.length > 0) && (
        <Row name={t.filmPage.availability}>
          {countries.length > 0 && (
            <span className="block">{t.filmPage.watchedIn(countryList(countries, t, language))}</span>
          )}
          {region_note !== null && (
            <span lang={langOf(region_note)} className="block">
              {t.filmPage.region(region_note)}
            </span>
          )}
        </Row>
      )}
    </dl>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-sm text-muted">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Each language once, with what the track is for if it is no ordinary one. */
function trackList(tracks: readonly FilmTrack[], t: Dictionary, language: Language): string {
  const purposes: Record<FilmTrack["role"], string | null> = {
    main: null,
    hard_of_hearing: t.filmPage.hardOfHearing,
    audio_description: t.filmPage.audioDescription,
    commentary: t.filmPage.commentary,
  };
  const texts = tracks.map((track) => {
    const name = languageName(track.language, t, language) ?? track.label;
    const purpose = purposes[track.role];
    return purpose ? `${name} (${purpose})` : name;
  });
  return [...new Set(texts)].join(", ");
}
