/** A film that follows the server's events: each connection starts with the current film and then sends every change. */
import { type AdminFilm, isAbort } from "@nang/api-client";
import { useCallback, useEffect, useState } from "react";
import { api } from "../session";

export interface LiveFilm {
  film: AdminFilm | null;
  error: unknown;
  connected: boolean;
  /** Shows the server's response to a change made on this page. */
  accept(film: AdminFilm): void;
  reload(): void;
}

export function useLiveFilm(id: string): LiveFilm {
  const [film, setFilm] = useState<AdminFilm | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [connected, setConnected] = useState(true);
  const [reloadCount, setReloadCount] = useState(0);

  /** Ignores older versions: an event may have been sent before this page changed the film. */
  const accept = useCallback((newer: AdminFilm) => {
    setFilm((shown) => (shown && shown.version > newer.version ? shown : newer));
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new count reloads
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    setError(null);
    api
      .follow(
        "/api/admin/films/{id}/events",
        { path: { id }, signal },
        {
          onEvent: ({ event, data }) => {
            if (event === "film" && !signal.aborted) {
              accept(JSON.parse(data) as AdminFilm);
            }
          },
          onConnection: (isConnected) => !signal.aborted && setConnected(isConnected),
        },
      )
      .catch((problem: unknown) => {
        if (!signal.aborted && !isAbort(problem)) {
          setError(problem);
        }
      });
    return () => controller.abort();
  }, [id, reloadCount, accept]);

  const reload = useCallback(() => setReloadCount((current) => current + 1), []);
  return { film, error, connected, accept, reload };
}
