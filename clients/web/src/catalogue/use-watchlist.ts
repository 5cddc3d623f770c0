/** A change of the viewer's list that shows at once, in the list and on the film's page, and is taken back if the server refuses it. */
import type { Film, FilmDetails } from "@nang/api-client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../session";
import { watchlistQuery } from "./queries";

interface ListPage {
  items: { film: Film; added_at: string }[];
  next_cursor: string | null;
}

export function useWatchlistChange() {
  const client = useQueryClient();
  const { queryKey } = watchlistQuery;
  /** The film's page may be known by its id and by its slug. */
  const showOnPage = (id: string, isIn: boolean) =>
    client.setQueriesData<FilmDetails>({ queryKey: ["film"] }, (film) =>
      film?.id === id ? { ...film, in_watchlist: isIn } : film,
    );
  return useMutation({
    mutationFn: async ({ film, add }: { film: Film; add: boolean }) => {
      const path = { film_id: film.id };
      await (add
        ? api.put("/api/watchlist/{film_id}", { path })
        : api.delete("/api/watchlist/{film_id}", { path }));
    },
    onMutate: async ({ film, add }) => {
      await client.cancelQueries({ queryKey });
      const before = client.getQueryData(queryKey);
      showOnPage(film.id, add);
      client.setQueryData(queryKey, (list) => list && { ...list, pages: changed(list.pages, film, add) });
      return { before };
    },
    onError: (_error, { film, add }, context) => {
      showOnPage(film.id, !add);
      client.setQueryData(queryKey, context?.before);
    },
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
}

function changed(before: ListPage[], film: Film, add: boolean): ListPage[] {
  const pages = before.map((page) => ({
    ...page,
    items: page.items.filter((item) => item.film.id !== film.id),
  }));
  const [first, ...others] = pages;
  const item = { film, added_at: new Date().toISOString() };
  return add && first ? [{ ...first, items: [item, ...first.items] }, ...others] : pages;
}
