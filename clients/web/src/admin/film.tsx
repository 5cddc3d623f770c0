/** One film for editors: its title and stage (live), and the tabs of its page. */
import { ApiError } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useEditorLanguage } from "../i18n/editor";
import { secondTitleOf, titleOf } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { NotFoundPage } from "../pages/not-found";
import { BackIcon } from "../ui/icons";
import { ErrorNotice, Working } from "../ui/notice";
import { type OpenFilm, OpenFilmContext, useOpenFilm } from "./film-page/open-film";
import { TAB_NAMES, type TabName, tabOf } from "./film-page/tabs";
import { stageOf } from "./film-stage";
import { StageChip, VisibilityChip } from "./status-chip";
import { useUpload } from "./upload/uploads";
import { useLiveFilm } from "./use-live-film";

export function AdminFilmPage({ id, tab: tabName }: { id: string; tab: string | undefined }) {
  const { t } = useEditorLanguage();
  const { film, error, connected, accept, reload } = useLiveFilm(id);
  const tab = tabOf(tabName);
  const isMissing = error instanceof ApiError && (error.status === 404 || error.status === 400);
  if (tab === null || (!film && isMissing)) {
    return <NotFoundPage />;
  }
  if (!film) {
    return error ? (
      <ErrorNotice error={error} onRetry={reload} />
    ) : (
      <Working label={t.admin.loading} className="py-24" />
    );
  }
  const open: OpenFilm = { film, accept, reload };
  return (
    <OpenFilmContext value={open}>
      <div className="space-y-6 sm:space-y-8">
        <FilmHeader connected={connected && !error} />
        <FilmTabs tab={tab.name} />
        <tab.Tab />
      </div>
    </OpenFilmContext>
  );
}

function FilmHeader({ connected }: { connected: boolean }) {
  const { t, language } = useEditorLanguage();
  const { film } = useOpenFilm();
  const title = titleOf(film.titles, language, t.films.untitled);
  const second = secondTitleOf(film.titles, language);
  const { stage, playable } = stageOf(film);
  const upload = useUpload(film.id);
  useTitle(title.text);
  return (
    <header className="space-y-2">
      <div className="flex items-center justify-between gap-3">
        <Link to="/admin/films" className="inline-flex min-h-11 items-center gap-2 text-soft hover:text-ink">
          <BackIcon className="size-5" />
          {t.film.back}
        </Link>
        {!connected && (
          <span role="status" className="text-sm text-accent">
            {t.admin.reconnecting}
          </span>
        )}
      </div>
      <h1 lang={title.lang} className="text-2xl font-bold break-words sm:text-4xl">
        {title.text}
      </h1>
      {second && (
        <p lang={second.lang} className="text-lg text-soft">
          {second.text}
        </p>
      )}
      <p className="flex flex-wrap gap-2">
        <StageChip stage={upload && upload.phase !== "done" ? "uploading" : stage} />
        {playable && <VisibilityChip visibility={film.visibility} />}
      </p>
      {film.deleted_at !== null && (
        <p role="status" className="rounded-xl bg-ember/12 px-4 py-3 text-ember">
          {t.danger.isDeleted}
        </p>
      )}
    </header>
  );
}

function FilmTabs({ tab }: { tab: TabName }) {
  const { t } = useEditorLanguage();
  const { film } = useOpenFilm();
  const list = useRef<HTMLUListElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: on a narrow screen another tab may be out of view
  useEffect(() => {
    const current = list.current?.querySelector<HTMLElement>("[aria-current=page]");
    const row = list.current?.parentElement;
    if (current && row) {
      row.scrollLeft = current.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
    }
  }, [tab]);
  return (
    <nav
      aria-label={t.filmTabs.label}
      className="relative -mx-4 overflow-x-auto border-b border-line px-4 sm:mx-0 sm:px-0"
    >
      <ul ref={list} className="flex gap-1">
        {TAB_NAMES.map((name) => (
          <li key={name}>
            <Link
              to="/admin/films/$id/{-$tab}"
              params={{ id: film.id, tab: name === "overview" ? undefined : name }}
              activeOptions={{ exact: true }}
              resetScroll={false}
              className="inline-flex min-h-11 items-center border-b-2 border-transparent px-3 whitespace-nowrap text-soft hover:text-ink aria-[current=page]:border-lamp aria-[current=page]:text-ink"
            >
              {t.filmTabs[name]}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
