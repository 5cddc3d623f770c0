/** A film as the server sees it: each connection to its events begins with the film as it is, and tells every change. */
import { type AdminFilm, isAbort } from "@nang/api-client";
import { useCallback, useEffect, useState } from "react";
import { api } from "../session";

export interface LiveFilm {
  film: AdminFilm | null;
  error: unknown;
  connected: boolean;
  /** Takes over what the server answered to a change made here. */
  accept(film: AdminFilm): void;
  reload(): void;
}

export function useLiveFilm(id: string): LiveFilm {
  const [film, setFilm] = useState<AdminFilm | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [connected, setConnected] = useState(true);
  const [round, setRound] = useState(0);

  /** An event that was on its way when this page changed the film is older than what is shown. */
  const accept = useCallback((newer: AdminFilm) => {
    setFilm((shown) => (shown && shown.version > newer.version ? shown : newer));
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is a reload
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
  }, [id, round, accept]);

  const reload = useCallback(() => setRound((current) => current + 1), []);
  return { film, error, connected, accept, reload };
}
