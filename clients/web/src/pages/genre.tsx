/** `/genres/<slug>`: the films of a genre, newest first. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { FilmList } from "../catalogue/film-list";
import { MORE_LINK } from "../catalogue/more-link";
import { filmsQuery, genreQuery, itemsOf } from "../catalogue/queries";
import { titleOf, useLanguage } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { useCanonicalSlug } from "../site/canonical-slug";
import { FilmIcon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { LoadFailure } from "./not-found";

export default function GenrePage() {
  const { t, language } = useLanguage();
  const { genre: slug } = useParams({ from: "/genres/$genre" });
  const genre = useQuery(genreQuery(slug));
  const list = useInfiniteQuery(filmsQuery({ genre: slug }));
  const name = titleOf(genre.data?.names ?? {}, language, "");
  useTitle(name.text || t.browse.genre);
  useCanonicalSlug({ asked: slug, slug: genre.data?.slug });

  if (genre.isError) {
    return <LoadFailure error={genre.error} onRetry={() => genre.refetch()} />;
  }
  return (
    <div className="page-width">
      <div className="mt-2 mb-6 flex flex-wrap items-end justify-between gap-x-4 sm:mt-4">
        <div>
          <p className="text-sm text-muted">{t.browse.genre}</p>
          <h1 lang={name.lang} className="min-h-[1.5em] text-2xl font-bold sm:text-3xl">
            {name.text}
          </h1>
        </div>
        <Link to="/films" search={{ genre: slug }} className={MORE_LINK}>
          {t.browse.filters}
        </Link>
      </div>
      <FilmList
        list={list}
        films={itemsOf(list.data)}
        empty={
          <Notice
            heading="h2"
            icon={<FilmIcon className="size-10" />}
            title={t.films.emptyTitle}
            text={t.films.emptyText}
          />
        }
      />
    </div>
  );
}
