/** `/shelves/<slug>`: all films of a category, which pages call a shelf, in the editors' order. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { FilmList } from "../catalogue/film-list";
import { categoryQuery } from "../catalogue/queries";
import { textOf, titleOf, useLanguage } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { useCanonicalSlug } from "../site/canonical-slug";
import { FilmIcon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { LoadFailure } from "./not-found";

export default function CategoryPage() {
  const { t, language } = useLanguage();
  const { category: slug } = useParams({ from: "/shelves/$category" });
  const list = useInfiniteQuery(categoryQuery(slug));
  const category = list.data?.pages[0];
  const name = titleOf(category?.names ?? {}, language, "");
  const description = category && textOf(category.descriptions, language);
  useTitle(name.text || t.nav.films);
  useCanonicalSlug({ asked: slug, slug: category?.slug });

  if (list.isError && !category) {
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
