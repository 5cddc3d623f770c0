/** `/shelves/<slug>`: all films of a shelf in the editors' order. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { FilmList } from "../catalogue/film-list";
import { shelfQuery } from "../catalogue/queries";
import { textOf, titleOf, useLanguage } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { useCanonicalSlug } from "../site/canonical-slug";
import { FilmIcon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { LoadFailure } from "./not-found";

export default function ShelfPage() {
  const { t, language } = useLanguage();
  const { shelf: slug } = useParams({ from: "/shelves/$shelf" });
  const list = useInfiniteQuery(shelfQuery(slug));
  const shelf = list.data?.pages[0];
  const name = titleOf(shelf?.names ?? {}, language, "");
  const description = shelf && textOf(shelf.descriptions, language);
  useTitle(name.text || t.nav.films);
  useCanonicalSlug({ asked: slug, slug: shelf?.slug });

  if (list.isError && !shelf) {
    return <LoadFailure error={list.error} onRetry={() => list.refetch()} />;
  }
  return (
    <div className="page-width">
      <div className="mt-2 mb-6 min-h-18 sm:mt-4">
        <h1 lang={name.lang} className="text-2xl font-bold sm:text-3xl">
          {name.text}
        </h1>
        {description && (
          <p lang={description.lang} className="text-muted">
            {description.text}
          </p>
        )}
      </div>
      <FilmList
        list={list}
        films={list.data?.pages.flatMap(({ films }) => films) ?? []}
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
