/** The page's one session and one client. */
import { type Account, createClient, Session } from "@nang/api-client";
import { useSyncExternalStore } from "react";

export const session = new Session();
export const api = createClient(session);

export function useAccount(): Account | null {
  return useSyncExternalStore(session.subscribe, () => session.user);
}
