/** The cache of what the server sent. Lists stay in it, so that going back shows them at once and in the same place. */
import { ApiError } from "@nang/api-client";
import { QueryClient } from "@tanstack/react-query";
import { session } from "../session";

const FRESH_MS = 5 * 60_000;
const KEPT_MS = 30 * 60_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      gcTime: KEPT_MS,
      refetchOnWindowFocus: false,
      // Without a network a request fails at once, and the page says so. Otherwise it would show a skeleton for ever.
      networkMode: "always",
      retry: (failures, error) => failures < 2 && error instanceof ApiError && error.isTransient,
    },
    mutations: { networkMode: "always" },
  },
});

/** Another account may see other films. Requests in flight already carry the new access token. */
let userId = session.user?.id ?? null;
session.subscribe(() => {
  const now = session.user?.id ?? null;
  if (now !== userId) {
    userId = now;
    void queryClient.resetQueries({ predicate: ({ state }) => state.status !== "pending" });
  }
});
