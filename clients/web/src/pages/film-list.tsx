/** The films that the visitor may watch: the newest in a large card, the others in small ones. */
import type { Film } from "@nang/api-client";
import { Link } from "wouter";
import { secondTitleOf, titleOf, useLanguage } from "../i18n/language";
import { longDuration, shortDuration } from "../lib/format";
import { usePages } from "../lib/use-pages";
import { useTitle } from "../lib/use-title";
import { api, useAccount } from "../session";
import { ButtonLink } from "../ui/button";
import { FilmIcon, PlayIcon } from "../ui/icons";
import { MoreButton } from "../ui/more-button";
import { ErrorNotice, Notice } from "../ui/notice";
import { screenArt } from "../ui/screen-art";

const PAGE_SIZE = 24;

export function FilmListPage() {
  const { t } = useLanguage();
  useTitle(null);
  const { resource, reload, more } = usePages(openFilms);

  if (resource.status === "loading") {
    return <FilmListSkeleton />;
  }
  if (resource.status === "failed") {
    return <ErrorNotice error={resource.error} onRetry={reload} />;
  }
  const [newest, ...others] = resource.value;
  if (!newest) {
    return <EmptyFilmList />;
  }
  return (
    <div className="mx-auto w-full max-w-7xl px-4 sm:px-8">
      <h1 className="sr-only">{t.films.all}</h1>
      <NewestFilm film={newest} />
      {others.length > 0 && (
        <section className="mt-10 sm:mt-14" aria-label={t.films.all}>
          <h2 className="mb-4 text-lg font-semibold sm:mb-6 sm:text-xl">{t.films.all}</h2>
          <ul className="grid grid-cols-2 gap-3 sm:grid-cols-3 sm:gap-5 lg:grid-cols-4 xl:grid-cols-5">
            {others.map((film) => (
              <FilmCard key={film.id} film={film} />
            ))}
          </ul>
        </section>
      )}
      <MoreButton more={more} label={t.films.more} />
    </div>
  );
}

const openFilms = (signal: AbortSignal) => api.pages("/api/films", { query: { limit: PAGE_SIZE }, signal });

function NewestFilm({ film }: { film: Film }) {
  const { t, language } = useLanguage();
  const title = titleOf(film.titles, language, t.films.untitled);
  const second = secondTitleOf(film.titles, language);
  return (
    <Link
      href={`/films/${film.id}`}
      style={screenArt(film.id)}
      className="screen-art group relative flex min-h-80 flex-col justify-end overflow-hidden rounded-3xl border border-white/8 p-5 sm:min-h-104 sm:p-10"
    >
      <span className="woven-band absolute inset-x-0 top-0" aria-hidden="true" />
      <span className="screen-shade absolute inset-0" aria-hidden="true" />
      <span className="relative flex max-w-3xl flex-col items-start gap-2">
        <span className="rounded-full bg-night/60 px-3 py-0.5 text-sm text-lamp-bright">
          {t.films.newest}
        </span>
        <span lang={title.lang} className="title text-3xl font-bold break-words text-balance sm:text-5xl">
          {title.text}
        </span>
        {second && (
          <span lang={second.lang} className="text-base text-soft sm:text-lg">
            {second.text}
          </span>
        )}
        <span className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-2">
          <span className="inline-flex min-h-12 items-center gap-2 rounded-full bg-lamp px-6 font-semibold text-night transition-colors group-hover:bg-lamp-bright">
            <PlayIcon className="size-5" />
            {t.films.watch}
          </span>
          <FilmFacts film={film} long />
        </span>
      </span>
    </Link>
  );
}

function FilmCard({ film }: { film: Film }) {
  const { t, language } = useLanguage();
  const title = titleOf(film.titles, language, t.films.untitled);
  return (
    <li>
      <Link
        href={`/films/${film.id}`}
        style={screenArt(film.id)}
        className="screen-art group relative flex aspect-4/5 flex-col justify-end overflow-hidden rounded-2xl border border-white/8 p-3 transition-transform duration-300 hover:-translate-y-1 sm:p-4"
      >
        <span className="woven-band absolute inset-x-0 top-0" aria-hidden="true" />
        <span className="screen-shade absolute inset-0" aria-hidden="true" />
        <span className="relative flex flex-col gap-1">
          <span lang={title.lang} className="title line-clamp-4 font-semibold break-words sm:text-lg">
            {title.text}
          </span>
          <FilmFacts film={film} />
        </span>
      </Link>
    </li>
  );
}

function FilmFacts({ film, long = false }: { film: Film; long?: boolean }) {
  const { t } = useLanguage();
  return film.duration_ms === null ? null : (
    <span className="text-sm text-soft">{(long ? longDuration : shortDuration)(film.duration_ms, t)}</span>
  );
}

function EmptyFilmList() {
  const { t } = useLanguage();
  const account = useAccount();
  const isViewer = account?.role === "viewer";
  return (
    <Notice icon={<FilmIcon className="size-10" />} title={t.films.emptyTitle} text={t.films.emptyText}>
      {!isViewer && (
        <>
          <p className="w-full text-sm text-muted">{t.films.emptyAdmin}</p>
          <ButtonLink href={account ? "/admin/films/new" : "/admin"} kind={account ? "primary" : "secondary"}>
            {account ? t.admin.newFilm : t.site.manage}
          </ButtonLink>
        </>
      )}
    </Notice>
  );
}

const SKELETONS = ["a", "b", "c", "d", "e"];

function FilmListSkeleton() {
  const { t } = useLanguage();
  return (
    <div className="mx-auto w-full max-w-7xl px-4 sm:px-8" aria-busy="true">
      <p role="status" className="sr-only">
        {t.films.loading}
      </p>
      <div className="skeleton h-80 rounded-3xl sm:h-104" />
      <div className="mt-14 grid grid-cols-2 gap-3 sm:grid-cols-3 sm:gap-5 lg:grid-cols-4 xl:grid-cols-5">
        {SKELETONS.map((name) => (
          <div key={name} className="skeleton aspect-4/5 rounded-2xl" />
        ))}
      </div>
    </div>
  );
}
