/** The viewer's list: whether a film is in it, and a change that shows at once and is taken back if the server refuses it. */
import type { Film } from "@nang/api-client";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, useAccount } from "../session";
import { itemsOf, watchlistQuery } from "./queries";

interface ListPage {
  items: { film: Film; added_at: string }[];
  next_cursor: string | null;
}

export function useInWatchlist(filmId: string): { isIn: boolean; isKnown: boolean } {
  const account = useAccount();
  const { data, isPending } = useInfiniteQuery({ ...watchlistQuery, enabled: account !== null });
  return { isIn: itemsOf(data).some(({ film }) => film.id === filmId), isKnown: !isPending };
}

export function useWatchlistChange() {
  const client = useQueryClient();
  const { queryKey } = watchlistQuery;
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
      client.setQueryData(queryKey, (list) => list && { ...list, pages: changed(list.pages, film, add) });
      return { before };
    },
    onError: (_error, _change, context) => client.setQueryData(queryKey, context?.before),
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
