/** The page of one subtitle track: its cues, its file, downloads. */
import { ApiError } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { useResource } from "../../lib/use-resource";
import { useTitle } from "../../lib/use-title";
import { NotFoundPage } from "../../pages/not-found";
import { api } from "../../session";
import { Button } from "../../ui/button";
import { BackIcon, UploadIcon } from "../../ui/icons";
import { ErrorNotice, Working } from "../../ui/notice";
import { useReturnFocus } from "../../ui/use-return-focus";
import { languageName } from "../tracks/language-choice";
import { SubtitleForm } from "../tracks/subtitle-form";
import type { AdminTrack } from "../tracks/track-types";
import { CueEditor } from "./cue-editor";
import { DownloadButtons } from "./download-buttons";
import { useCues } from "./use-cues";

export function CuePage({ filmId, trackId }: { filmId: string; trackId: string }) {
  const { t, language } = useEditorLanguage();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const options = { path: { id: filmId }, signal };
      const [film, tracks] = await Promise.all([
        api.get("/api/admin/films/{id}", options),
        api.get("/api/admin/films/{id}/tracks", options),
      ]);
      return { film, track: tracks.subtitle_tracks.find(({ id }) => id === trackId) ?? null };
    },
    [filmId, trackId],
  );
  const { resource, reload } = useResource(load);
  useTitle(t.cues.title);
  if (resource.status === "loading") {
    return <Working label={t.player.loading} className="py-24" />;
  }
  if (resource.status === "failed") {
    const { error } = resource;
    const isMissing = error instanceof ApiError && (error.status === 404 || error.status === 400);
    return isMissing ? <NotFoundPage /> : <ErrorNotice error={error} onRetry={reload} />;
  }
  const { film, track } = resource.value;
  const title = titleOf(film.titles, language, t.films.untitled);
  return (
    <div className="space-y-6">
      <Link
        to="/admin/films/$id/{-$tab}"
        params={{ id: filmId, tab: "tracks" }}
        className="inline-flex min-h-11 max-w-full items-center gap-2 text-soft hover:text-ink"
      >
        <BackIcon className="size-5" />
        <span lang={title.lang} className="min-w-0 truncate">
          {title.text}
        </span>
      </Link>
      {track === null ? (
        <p className="rounded-2xl border border-dashed border-line px-4 py-5 text-soft">{t.cues.trackGone}</p>
      ) : (
        <TrackEditor filmId={filmId} track={track} filmTitle={title.text} />
      )}
    </div>
  );
}

interface TrackEditorProps {
  filmId: string;
  track: AdminTrack;
  filmTitle: string;
}

function TrackEditor({ filmId, track, filmTitle }: TrackEditorProps) {
  const { t, language } = useEditorLanguage();
  const cues = useCues(filmId, track.id);
  const [replacing, setReplacing] = useState(false);
  const replaceButton = useReturnFocus<HTMLButtonElement>(replacing);
  const inLanguage = languageName(track.language, t, language) ?? t.tracks.noLanguage;
  return (
    <>
      <header className="space-y-1">
        <h1 className="text-2xl font-bold break-words sm:text-3xl">
          {t.cues.title}: <span lang={track.language ?? undefined}>{track.label}</span>
        </h1>
        <p className="text-soft">{t.cues.intro(inLanguage)}</p>
      </header>
      {replacing ? (
        <SubtitleForm
          filmId={filmId}
          track={track}
          onAccepted={cues.reload}
          onClose={() => setReplacing(false)}
        />
      ) : (
        <div className="flex flex-wrap items-start gap-2">
          <Button ref={replaceButton} onClick={() => setReplacing(true)}>
            <UploadIcon className="size-5" />
            {t.subtitleFile.replace}
          </Button>
          <DownloadButtons
            filmId={filmId}
            trackId={track.id}
            fileName={fileNameOf(filmTitle, track.language)}
          />
        </div>
      )}
      {cues.list === null ? (
        cues.loadError ? (
          <ErrorNotice heading="h2" error={cues.loadError} onRetry={cues.reload} />
        ) : (
          <Working label={t.player.loading} className="py-12" />
        )
      ) : (
        <CueEditor list={cues.list} cues={cues} language={track.language} />
      )}
    </>
  );
}

/** `Film.lo`, as players expect it next to `Film.mp4`. */
function fileNameOf(title: string, language: string | null): string {
  const name = title
    .replace(/[\\/:*?"<>|]/g, " ")
    .replace(/\p{Cc}/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  return language ? `${name}.${language}` : name;
}
