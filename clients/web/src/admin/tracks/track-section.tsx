/** The audio and subtitle tracks of a film, in the order of viewers' menus. */
import type { AdminFilm } from "@nang/api-client";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { Button } from "../../ui/button";
import { PlusIcon } from "../../ui/icons";
import { ErrorNotice, Working } from "../../ui/notice";
import { useReturnFocus } from "../../ui/use-return-focus";
import { ChangeError } from "./change-error";
import { DubList } from "./dub-list";
import { SubtitleForm } from "./subtitle-form";
import { TrackGroup } from "./track-group";
import { useTracks } from "./use-tracks";

export function TrackSection({ film }: { film: Pick<AdminFilm, "id" | "presentation_id"> }) {
  const { t } = useEditorLanguage();
  const tracks = useTracks(film.id, film.presentation_id);
  const [adding, setAdding] = useState(false);
  const addButton = useReturnFocus<HTMLButtonElement>(adding);
  const { list } = tracks;
  return (
    <section
      aria-labelledby="tracks-title"
      className="space-y-6 rounded-3xl border border-line bg-stage p-4 sm:p-8"
    >
      <div className="space-y-1">
        <h2 id="tracks-title" className="text-lg font-semibold">
          {t.tracks.title}
        </h2>
        <p className="text-soft">{t.tracks.intro}</p>
      </div>
      {list === null &&
        (tracks.loadError ? (
          <ErrorNotice heading="h2" error={tracks.loadError} onRetry={tracks.reload} />
        ) : (
          <Working label={t.player.loading} />
        ))}
      {list !== null && (
        <>
          <ChangeError error={tracks.error} isReloaded={tracks.isReloaded} />
          <TrackGroup filmId={film.id} kind="audio" list={list} tracks={tracks}>
            <DubList filmId={film.id} list={list} tracks={tracks} />
          </TrackGroup>
          <TrackGroup filmId={film.id} kind="subtitles" list={list} tracks={tracks}>
            {adding ? (
              <SubtitleForm
                filmId={film.id}
                track={null}
                onAccepted={({ tracks: newer }) => tracks.accept(newer)}
                onClose={() => setAdding(false)}
              />
            ) : (
              <Button
                ref={addButton}
                kind={list.subtitle_tracks.length === 0 ? "primary" : "secondary"}
                onClick={() => {
                  tracks.clearError();
                  setAdding(true);
                }}
              >
                <PlusIcon className="size-5" />
                {t.subtitleFile.add}
              </Button>
            )}
          </TrackGroup>
        </>
      )}
    </section>
  );
}
