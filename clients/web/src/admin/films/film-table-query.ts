import type { AdminFilm } from "@nang/api-client";
import { type InfiniteData, infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { api } from "../../session";
import type { FilmTableSearch } from "./film-table-search";

const KEY = "admin-films";
const PAGE_SIZE = 50;

export const filmTableQuery = ({ q, status, visibility, deleted }: FilmTableSearch) =>
  infiniteQueryOptions({
    queryKey: [KEY, q ?? "", status ?? "", visibility ?? "", deleted ?? ""],
    queryFn: ({ pageParam, signal }) =>
      api.get("/api/admin/films", {
        query: {
          limit: PAGE_SIZE,
          ...(q && { text: q }),
          ...(status && { status }),
          ...(visibility && { visibility }),
          ...(deleted && { deleted: true }),
          ...(pageParam !== null && { cursor: pageParam }),
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    staleTime: 0,
  });

type Pages = InfiniteData<{ items: AdminFilm[]; next_cursor: string | null }>;

/** Shows a newer version of a film in every list that contains it. */
export function updateFilm(client: QueryClient, film: AdminFilm): void {
  client.setQueriesData<Pages>({ queryKey: [KEY] }, (data) => {
    const isListed = data?.pages.some(({ items }) => items.some(({ id }) => id === film.id)) ?? false;
    if (!data || !isListed) {
      return data;
    }
    const pages = data.pages.map((page) => ({
      ...page,
      items: page.items.map((old) => (old.id === film.id && old.version <= film.version ? film : old)),
    }));
    return { ...data, pages };
  });
}

export function refetchFilms(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: [KEY] });
}
