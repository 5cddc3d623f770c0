/** The page's only API client, and its account session. */
import { type Account, NangClient } from "@nang/api-client";
import { useSyncExternalStore } from "react";
import { earlyFetch } from "./lib/early-fetch";

export const api = new NangClient({ fetch: earlyFetch });
export const { session } = api;

export function useAccount(): Account | null {
  return useSyncExternalStore(session.subscribe, () => session.user);
}

/** Whether this browser probably has a session that the page has not resumed yet, so that `useAccount` is still null. */
export function useSessionPending(): boolean {
  return useSyncExternalStore(session.subscribe, () => session.isPending);
}
