/** Follows all films that are being processed: each at once, and again after each change. */
import { type AdminFilm, isAbort } from "@nang/api-client";
import { useEffect, useRef, useState } from "react";
import { api } from "../session";

/** Returns whether the page is connected to the server. */
export function useWorkEvents(onFilm: (film: AdminFilm) => void): boolean {
  const [connected, setConnected] = useState(true);
  const listener = useRef(onFilm);
  useEffect(() => {
    listener.current = onFilm;
  });
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    api
      .follow(
        "/api/admin/events",
        { signal },
        {
          onEvent: ({ event, data }) => {
            if (event === "film" && !signal.aborted) {
              listener.current(JSON.parse(data) as AdminFilm);
            }
          },
          onConnection: (isConnected) => !signal.aborted && setConnected(isConnected),
        },
      )
      .catch((problem: unknown) => {
        if (!signal.aborted && !isAbort(problem)) {
          setConnected(false);
        }
      });
    return () => controller.abort();
  }, []);
  return connected;
}
