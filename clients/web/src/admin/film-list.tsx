/** All films with their stage. The list is fetched again every few seconds while a film is in progress. */
import type { AdminFilm } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useEditorLanguage } from "../i18n/editor";
import { titleOf } from "../i18n/language";
import { percentOf, shortDuration } from "../lib/format";
import { usePages } from "../lib/use-pages";
import { useTitle } from "../lib/use-title";
import { api } from "../session";
import { ButtonLink } from "../ui/button";
import { FilmIcon, PlusIcon } from "../ui/icons";
import { Meter } from "../ui/meter";
import { MoreButton } from "../ui/more-button";
import { ErrorNotice, Notice } from "../ui/notice";
import { screenArt } from "../ui/screen-art";
import { stageOf } from "./film-stage";
import { StageChip, VisibilityChip } from "./status-chip";
import { useUpload } from "./upload/uploads";

const PAGE_SIZE = 50;
const POLL_INTERVAL_MS = 3_000;

const openFilms = (signal: AbortSignal) =>
  api.pages("/api/admin/films", { query: { limit: PAGE_SIZE }, signal });

export function AdminFilmListPage() {
  const { t } = useEditorLanguage();
  useTitle(t.site.manage);
  const { resource, reload, change, more } = usePages(openFilms);

  const busy = resource.status === "ready" && resource.value.some(isBusy);
  useEffect(() => {
    if (!busy) {
      return;
    }
    const controller = new AbortController();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") {
        // A failed request is not shown, because the next one follows soon.
        api
          .get("/api/admin/films", { query: { limit: PAGE_SIZE }, signal: controller.signal })
          .then(({ items }) => change((before) => mergeNewest(before, items)))
          .catch(() => undefined);
      }
    }, POLL_INTERVAL_MS);
    return () => {
      clearInterval(timer);
      controller.abort();
    };
  }, [busy, change]);

  if (resource.status === "failed") {
    return <ErrorNotice error={resource.error} onRetry={reload} />;
  }
  if (resource.status === "loading") {
    return <ListSkeleton />;
  }
  const items = resource.value;
  if (items.length === 0) {
    return (
      <Notice icon={<FilmIcon className="size-10" />} title={t.admin.emptyTitle} text={t.admin.emptyText}>
        <NewFilmLink />
      </Notice>
    );
  }
  return (
    <>
      <div className="mb-6 flex flex-wrap items-center justify-between gap-4">
        <h1 className="text-2xl font-bold sm:text-3xl">{t.admin.title}</h1>
        <NewFilmLink />
      </div>
      <ul className="divide-y divide-line overflow-hidden rounded-3xl border border-line bg-stage">
        {items.map((film) => (
          <FilmRow key={film.id} film={film} />
        ))}
      </ul>
      <MoreButton more={more} label={t.films.more} />
    </>
  );
}

function isBusy(film: AdminFilm): boolean {
  return !["ready", "damaged", "failed", "empty"].includes(stageOf(film).stage);
}

/** Replaces the first page of the list and keeps the pages below it. */
function mergeNewest(before: AdminFilm[], newest: AdminFilm[]): AdminFilm[] {
  const ids = new Set(newest.map(({ id }) => id));
  return [...newest, ...before.filter(({ id }) => !ids.has(id))];
}

function NewFilmLink() {
  const { t } = useEditorLanguage();
  return (
    <ButtonLink to="/admin/films/new" kind="primary">
      <PlusIcon className="size-5" />
      {t.admin.newFilm}
    </ButtonLink>
  );
}

function FilmRow({ film }: { film: AdminFilm }) {
  const { t, language } = useEditorLanguage();
  const upload = useUpload(film.id);
  const title = titleOf(film.titles, language, t.films.untitled);
  const { stage, file, build, failure } = stageOf(film);
  const progress =
    stage === "uploading" && file
      ? { done: upload?.sentBytes ?? file.received_bytes, total: file.size_bytes }
      : stage === "encoding" && build
        ? { done: build.progress.frames_done, total: build.progress.frames_total }
        : null;
  return (
    <li>
      <Link
        to="/admin/films/$id"
        params={{ id: film.id }}
        className="flex items-center gap-4 p-3 hover:bg-panel sm:p-4"
      >
        <span
          style={screenArt(film.id)}
          className="screen-art hidden h-16 w-24 shrink-0 rounded-xl xs:block"
          aria-hidden="true"
        />
        <span className="min-w-0 flex-1">
          <span lang={title.lang} className="block font-semibold break-words">
            {title.text}
          </span>
          <span className="mt-1 flex flex-wrap items-center gap-2 text-sm text-muted">
            <StageChip stage={stage} />
            {film.build_id !== null && <VisibilityChip visibility={film.visibility} />}
            {film.duration_ms !== null && <span>{shortDuration(film.duration_ms, t)}</span>}
          </span>
          {failure && <span className="mt-1 line-clamp-2 block text-sm text-ember">{failure}</span>}
          {progress && (
            <span className="mt-2 flex items-center gap-3">
              <Meter
                label={t.admin.status[stage]}
                done={progress.done}
                total={progress.total}
                className="max-w-80 flex-1"
              />
              <span className="text-sm tabular-nums">{percentOf(progress.done, progress.total)} %</span>
            </span>
          )}
        </span>
      </Link>
    </li>
  );
}

const SKELETONS = ["a", "b", "c"];

function ListSkeleton() {
  const { t } = useEditorLanguage();
  return (
    <div aria-busy="true" className="space-y-3">
      <p role="status" className="sr-only">
        {t.admin.loading}
      </p>
      <div className="skeleton mb-6 h-10 w-40 rounded-xl" />
      {SKELETONS.map((name) => (
        <div key={name} className="skeleton h-24 rounded-2xl" />
      ))}
    </div>
  );
}
