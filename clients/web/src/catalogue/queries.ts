/** What the viewers' pages ask the server, each with the key under which the answer is kept. */
import type { Film } from "@nang/api-client";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "../session";
import type { FilmFilter } from "./film-filter";

/** A page of 24 fills whole rows of 2, 3, 4 and 6 posters. */
const PAGE_SIZE = 24;
/** What an account did changes while other pages are open, so these lists are asked for again sooner. */
const PERSONAL_FRESH_MS = 15_000;

const byCursor = {
  initialPageParam: null as string | null,
  getNextPageParam: (page: { next_cursor: string | null }) => page.next_cursor,
};

function after(cursor: string | null) {
  return { limit: PAGE_SIZE, ...(cursor !== null && { cursor }) };
}

/** The films of all pages that were fetched. */
export function itemsOf<T>(data: { pages: readonly { items: T[] }[] } | undefined): T[] {
  return data?.pages.flatMap(({ items }) => items) ?? [];
}

export const filmsQuery = (filter: FilmFilter) =>
  infiniteQueryOptions({
    queryKey: ["films", filter],
    queryFn: ({ pageParam, signal }) =>
      api.get("/api/films", { query: { ...filter, ...after(pageParam) }, signal }),
    ...byCursor,
  });

export const filmQuery = (idOrSlug: string) =>
  queryOptions({
    queryKey: ["film", idOrSlug],
    queryFn: async ({ signal, client }) => {
      const film = await api.get("/api/films/{id_or_slug}", { path: { id_or_slug: idOrSlug }, signal });
      // The page changes an address with an id to one with the slug, and shows the same film without another request.
      if (film.slug !== idOrSlug) {
        client.setQueryData(["film", film.slug], film);
      }
      return film;
    },
  });

export const similarQuery = (filmId: string) =>
  queryOptions({
    queryKey: ["similar", filmId],
    queryFn: ({ signal }) =>
      api.get("/api/films/{id_or_slug}/similar", {
        path: { id_or_slug: filmId },
        query: { limit: 12 },
        signal,
      }),
  });

export const categoriesQuery = queryOptions({
  queryKey: ["categories"],
  queryFn: ({ signal }) => api.get("/api/categories", { query: { films: 12, limit: 20 }, signal }),
});

export const categoryQuery = (idOrSlug: string) =>
  infiniteQueryOptions({
    queryKey: ["category", idOrSlug],
    queryFn: ({ pageParam, signal }) =>
      api.get("/api/categories/{id_or_slug}", {
        path: { id_or_slug: idOrSlug },
        query: after(pageParam),
        signal,
      }),
    ...byCursor,
  });

export const recommendationsQuery = queryOptions({
  queryKey: ["recommendations"],
  queryFn: ({ signal }) => api.get("/api/recommendations", { signal }),
});

/** The values that filters can have. */
export const facetsQuery = queryOptions({
  queryKey: ["facets"],
  queryFn: ({ signal }) => api.get("/api/facets", { signal }),
});

export const genresQuery = queryOptions({
  queryKey: ["genres"],
  queryFn: ({ signal }) => api.get("/api/genres", { query: { limit: 100 }, signal }),
});

export const genreQuery = (idOrSlug: string) =>
  queryOptions({
    queryKey: ["genre", idOrSlug],
    queryFn: ({ signal }) => api.get("/api/genres/{id_or_slug}", { path: { id_or_slug: idOrSlug }, signal }),
  });

export const personQuery = (idOrSlug: string) =>
  queryOptions({
    queryKey: ["person", idOrSlug],
    queryFn: ({ signal }) => api.get("/api/cast/{id_or_slug}", { path: { id_or_slug: idOrSlug }, signal }),
  });

export const searchQuery = (text: string) =>
  infiniteQueryOptions({
    queryKey: ["search", text],
    queryFn: ({ pageParam, signal }) =>
      api.get("/api/search", { query: { q: text, ...after(pageParam) }, signal }),
    ...byCursor,
  });

export const suggestionsQuery = (text: string) =>
  queryOptions({
    queryKey: ["suggestions", text],
    queryFn: ({ signal }) => api.get("/api/search/suggestions", { query: { q: text }, signal }),
  });

export const resumeQuery = queryOptions({
  queryKey: ["resume"],
  queryFn: ({ signal }) => api.get("/api/resume", { query: { limit: PAGE_SIZE }, signal }),
  staleTime: PERSONAL_FRESH_MS,
});

export const watchlistQuery = infiniteQueryOptions({
  queryKey: ["watchlist"],
  queryFn: ({ pageParam, signal }) =>
    api.get("/api/watchlist", { query: { ...after(pageParam), limit: 100 }, signal }),
  ...byCursor,
});

export const historyQuery = infiniteQueryOptions({
  queryKey: ["history"],
  queryFn: ({ pageParam, signal }) => api.get("/api/history", { query: after(pageParam), signal }),
  ...byCursor,
  staleTime: PERSONAL_FRESH_MS,
});

/** Films once each, in their first place: a film may be in several lists of one page. */
export function distinctFilms(films: readonly Film[]): Film[] {
  return [...new Map(films.map((film) => [film.id, film])).values()];
}
