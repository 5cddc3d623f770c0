/** One film: the player and its details. */
import { ApiError, type Film } from "@nang/api-client";
import { useCallback } from "react";
import { Link } from "wouter";
import { secondTitleOf, titleOf, useLanguage } from "../i18n/language";
import { longDuration } from "../lib/format";
import { useResource } from "../lib/use-resource";
import { useTitle } from "../lib/use-title";
import { prefetchHls } from "../player/hls-module";
import { Player } from "../player/player";
import { api } from "../session";
import { BackIcon } from "../ui/icons";
import { ErrorNotice } from "../ui/notice";
import { NotFoundPage } from "./not-found";

prefetchHls();

export default function FilmPage({ id }: { id: string }) {
  const load = useCallback(
    (signal: AbortSignal) => api.get("/api/films/{id_or_slug}", { path: { id_or_slug: id }, signal }),
    [id],
  );
  const { resource, reload } = useResource(load);

  if (resource.status === "failed") {
    const { error } = resource;
    const isMissing = error instanceof ApiError && (error.status === 404 || error.status === 400);
    return isMissing ? <NotFoundPage /> : <ErrorNotice error={error} onRetry={reload} />;
  }
  return resource.status === "loading" ? <FilmSkeleton /> : <FilmDetails film={resource.value} />;
}

function FilmDetails({ film }: { film: Film }) {
  const { t, language } = useLanguage();
  const title = titleOf(film.titles, language, t.films.untitled);
  const second = secondTitleOf(film.titles, language);
  useTitle(title.text);
  return (
    <article className="mx-auto w-full max-w-6xl sm:px-8">
      <Player filmId={film.id} title={title.text} durationMs={film.duration_ms} wholePageKeys />
      <div className="flex flex-col gap-2 px-4 pt-5 sm:px-0 sm:pt-7">
        <h1 lang={title.lang} className="text-2xl font-bold break-words sm:text-4xl">
          {title.text}
        </h1>
        {second && (
          <p lang={second.lang} className="text-lg text-soft">
            {second.text}
          </p>
        )}
        <ul className="flex flex-wrap gap-x-3 text-muted">
          {film.duration_ms !== null && <li>{longDuration(film.duration_ms, t)}</li>}
          {film.width !== null && film.height !== null && (
            <li className="rounded border border-line px-2 text-sm leading-6">
              {Math.min(film.width, film.height)}p
            </li>
          )}
        </ul>
        <Link
          href="/"
          className="mt-4 inline-flex min-h-11 items-center gap-2 self-start rounded-full pr-3 text-soft hover:text-ink"
        >
          <BackIcon className="size-5" />
          {t.site.home}
        </Link>
      </div>
    </article>
  );
}

function FilmSkeleton() {
  const { t } = useLanguage();
  return (
    <div className="mx-auto w-full max-w-6xl sm:px-8" aria-busy="true">
      <p role="status" className="sr-only">
        {t.player.loading}
      </p>
      <div className="skeleton aspect-video max-h-[calc(100dvh-5rem)] w-full sm:rounded-2xl" />
      <div className="skeleton mx-4 mt-7 h-9 w-2/3 rounded-lg sm:mx-0" />
    </div>
  );
}
