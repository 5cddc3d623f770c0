/** `/films`: all films, with filters and an order that are in the address. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { countFilters, filmFilter } from "../../catalogue/film-filter";
import { FilmList } from "../../catalogue/film-list";
import { filmsQuery, itemsOf } from "../../catalogue/queries";
import { useLanguage } from "../../i18n/language";
import { useTitle } from "../../lib/use-title";
import { ButtonLink } from "../../ui/button";
import { FilmIcon } from "../../ui/icons";
import { Notice } from "../../ui/notice";
import { ActiveFilters } from "./active-filters";
import { Filters } from "./filters";

export function BrowsePage() {
  const { t, language } = useLanguage();
  useTitle(t.nav.films);
  const search = useSearch({ from: "/films" });
  // A change of a filter keeps the former films until the new ones arrive, so the page does not jump.
  const list = useInfiniteQuery({
    ...filmsQuery(filmFilter(search, language)),
    placeholderData: keepPreviousData,
  });
  return (
    <div className="page-width">
      <h1 className="mt-2 mb-4 text-2xl font-bold sm:mt-4 sm:text-3xl">{t.nav.films}</h1>
      <Filters search={search} />
      <ActiveFilters search={search} />
      <div
        aria-busy={list.isPlaceholderData}
        className={`mt-6 transition-opacity ${list.isPlaceholderData ? "opacity-60" : ""}`}
      >
        <FilmList
          list={list}
          films={itemsOf(list.data)}
          empty={<NoFilms isFiltered={countFilters(search) > 0} />}
        />
      </div>
    </div>
  );
}

function NoFilms({ isFiltered }: { isFiltered: boolean }) {
  const { t } = useLanguage();
  return (
    <Notice
      heading="h2"
      icon={<FilmIcon className="size-10" />}
      title={isFiltered ? t.browse.noneTitle : t.films.emptyTitle}
      text={isFiltered ? t.browse.noneText : t.films.emptyText}
    >
      {isFiltered && (
        <ButtonLink to="/films" search={{}} kind="primary">
          {t.browse.clear}
        </ButtonLink>
      )}
    </Notice>
  );
}
