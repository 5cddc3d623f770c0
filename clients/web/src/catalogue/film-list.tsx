/** A list of films in all its states: loading, failed, empty, and page after page as the viewer scrolls. */
import type { Film } from "@nang/api-client";
import type { ReactNode } from "react";
import { useLanguage } from "../i18n/language";
import { Loading } from "../ui/loading";
import { ErrorNotice } from "../ui/notice";
import { EndlessList } from "./endless-list";
import { FilmGrid, FilmGridSkeleton } from "./film-grid";

interface FilmListProps {
  /** The infinite query. Its items are in `films`, because lists carry more than films. */
  list: {
    isPending: boolean;
    isError: boolean;
    error: unknown;
    refetch(): unknown;
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    isFetchNextPageError: boolean;
    fetchNextPage(): unknown;
  };
  films: readonly Film[];
  empty: ReactNode;
  facts?: (film: Film) => ReactNode;
}

export function FilmList({ list, films, empty, facts }: FilmListProps) {
  const { t } = useLanguage();
  if (list.isPending) {
    return (
      <Loading label={t.films.loading}>
        <FilmGridSkeleton />
      </Loading>
    );
  }
  if (list.isError && films.length === 0) {
    return <ErrorNotice heading="h2" error={list.error} onRetry={() => list.refetch()} />;
  }
  if (films.length === 0) {
    return empty;
  }
  return (
    <>
      <FilmGrid films={films} {...(facts && { facts })} />
      <EndlessList list={list} />
    </>
  );
}
