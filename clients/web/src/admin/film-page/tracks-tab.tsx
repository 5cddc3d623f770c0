/** The audio and subtitle tracks of a film, its versions, and the preview that plays them. */
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { FilmPreview } from "../film-preview";
import { stageOf } from "../film-stage";
import { TrackSection } from "../tracks/track-section";
import { VersionSection } from "../versions/version-section";
import { useOpenFilm } from "./open-film";

export function TracksTab() {
  const { t, language } = useEditorLanguage();
  const { film } = useOpenFilm();
  if (!stageOf(film).playable) {
    return <p className="text-soft">{t.filmTabs.tracksLater}</p>;
  }
  return (
    <div className="space-y-8">
      <TrackSection film={film} />
      <details className="rounded-3xl border border-line bg-stage">
        <summary className="min-h-14 px-4 py-4 font-semibold sm:px-8">{t.film.preview}</summary>
        <div className="px-4 pb-6 sm:px-8">
          <FilmPreview
            film={film}
            title={titleOf(film.titles, language, t.films.untitled).text}
            jump={null}
          />
        </div>
      </details>
      <VersionSection film={film} />
    </div>
  );
}
