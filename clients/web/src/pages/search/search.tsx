/** `/search?q=…`: films by title, by person and by words of the story; before a search, the last ones and the genres. */
import type { FoundFilm, MatchedField } from "@nang/api-client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { EndlessList } from "../../catalogue/endless-list";
import { FilmLinesSkeleton } from "../../catalogue/film-line";
import { itemsOf, searchQuery } from "../../catalogue/queries";
import { useLanguage } from "../../i18n/language";
import { useTitle } from "../../lib/use-title";
import { Loading } from "../../ui/loading";
import { ErrorNotice } from "../../ui/notice";
import { FoundFilms } from "./found-films";
import { FoundPeople } from "./found-people";
import { GenreLinks } from "./genre-links";
import { RecentSearches } from "./recent-search-list";
import { SearchBox } from "./search-box";

export default function SearchPage() {
  const { t } = useLanguage();
  const { q } = useSearch({ from: "/search" });
  useTitle(q ? t.search.resultsFor(q) : t.search.title);
  return (
    <div className="page-width">
      <h1 className={q ? "mt-2 text-xl font-bold sm:text-2xl" : "sr-only"}>
        {q ? t.search.resultsFor(q) : t.search.title}
      </h1>
      <div className="mt-3 md:hidden">
        <SearchBox name="page-search" autoFocus={!q} />
      </div>
      {q ? <Results key={q} text={q} /> : <Start />}
    </div>
  );
}

function Start() {
  const { t } = useLanguage();
  return (
    <>
      <p className="mt-4 text-muted">{t.search.start}</p>
      <RecentSearches />
      <GenreLinks />
    </>
  );
}

const GROUPS: readonly MatchedField[] = ["title", "person", "synopsis"];

function Results({ text }: { text: string }) {
  const { t } = useLanguage();
  const list = useInfiniteQuery(searchQuery(text));
  if (list.isPending) {
    return (
      <Loading label={t.films.loading}>
        <FilmLinesSkeleton />
      </Loading>
    );
  }
  const found: FoundFilm[] = itemsOf(list.data);
  const first = list.data?.pages[0];
  const people = first?.people ?? [];
  if (list.isError && found.length === 0) {
    return <ErrorNotice heading="h2" error={list.error} onRetry={() => list.refetch()} />;
  }
  return (
    <>
      {first?.corrected && (
        <p role="status" className="mt-4 text-soft">
          {t.search.corrected(text)}
        </p>
      )}
      <FoundPeople people={people} text={text} />
      {found.length === 0 && people.length === 0 && <NothingFound text={text} />}
      {GROUPS.map((field) => (
        <FoundFilms
          key={field}
          field={field}
          text={text}
          films={found.filter(({ match }) => match.field === field)}
        />
      ))}
      <EndlessList list={list} />
    </>
  );
}

function NothingFound({ text }: { text: string }) {
  const { t } = useLanguage();
  return (
    <section className="mt-8">
      <div role="status">
        <h2 className="text-lg font-semibold">{t.search.noneTitle(text)}</h2>
      </div>
      <p className="mt-1 text-muted">{t.search.noneText}</p>
      <GenreLinks />
    </section>
  );
}
