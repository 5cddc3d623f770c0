/** The tracks of a film, and changes of them. A change that the server refuses because the list is old reloads the list. */
import { ApiError, isAbort } from "@nang/api-client";
import { useCallback, useEffect, useRef, useState } from "react";
import { api } from "../../session";
import type { TrackList } from "./track-types";

export interface Tracks {
  /** Null until the list is loaded. */
  list: TrackList | null;
  /** Why the list could not be loaded. */
  loadError: unknown;
  working: boolean;
  /** Why the last change failed. */
  error: unknown;
  /** Whether the list was loaded again because of that error. */
  isReloaded: boolean;
  /** Runs a change and shows the list that it returns. Resolves to whether it succeeded. */
  change(work: () => Promise<TrackList>): Promise<boolean>;
  accept(list: TrackList): void;
  reload(): void;
  clearError(): void;
}

/** How often the list is read while a dub is in the making. */
const POLL_MS = 1_500;

const NO_ERROR = { error: null as unknown, isReloaded: false };

/** `presentationId`: what the film shows now. When another editor changes it, the list is loaded again. */
export function useTracks(filmId: string, presentationId: string | null): Tracks {
  const [list, setList] = useState<TrackList | null>(null);
  const [loadError, setLoadError] = useState<unknown>(null);
  const [working, setWorking] = useState(false);
  const [failure, setFailure] = useState(NO_ERROR);
  const shown = useRef<string | null>(null);
  const isWorking = useRef(false);
  const requests = useRef(0);

  const accept = useCallback((newer: TrackList) => {
    requests.current += 1;
    shown.current = newer.presentation_id;
    setList(newer);
    setLoadError(null);
  }, []);

  /** A response is ignored if a newer list has arrived before it. */
  const load = useCallback(
    async (signal?: AbortSignal) => {
      requests.current += 1;
      const request = requests.current;
      try {
        const loaded = await api.get("/api/admin/films/{id}/tracks", { path: { id: filmId }, signal });
        if (request === requests.current && !signal?.aborted) {
          accept(loaded);
        }
      } catch (error) {
        if (request === requests.current && !isAbort(error)) {
          setLoadError(error);
        }
      }
    },
    [filmId, accept],
  );

  useEffect(() => {
    const controller = new AbortController();
    if (presentationId === null || shown.current !== presentationId) {
      void load(controller.signal);
    }
    return () => controller.abort();
  }, [presentationId, load]);

  const isMaking = list?.unfinished_dubs.some(({ state }) => state !== "failed") ?? false;
  useEffect(() => {
    if (!isMaking) {
      return;
    }
    const controller = new AbortController();
    let timer = 0;
    const wait = () => {
      if (!controller.signal.aborted) {
        timer = window.setTimeout(() => void load(controller.signal).then(wait), POLL_MS);
      }
    };
    wait();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [isMaking, load]);

  const change = useCallback(
    async (work: () => Promise<TrackList>) => {
      if (isWorking.current) {
        return false;
      }
      isWorking.current = true;
      setWorking(true);
      setFailure(NO_ERROR);
      try {
        accept(await work());
        return true;
      } catch (error) {
        const isReloaded = isOutdated(error);
        setFailure({ error, isReloaded });
        if (isReloaded) {
          await load();
        }
        return false;
      } finally {
        isWorking.current = false;
        setWorking(false);
      }
    },
    [accept, load],
  );

  const reload = useCallback(() => void load(), [load]);
  const clearError = useCallback(() => setFailure(NO_ERROR), []);
  return { list, loadError, working, ...failure, change, accept, reload, clearError };
}

/** The list that the change was based on may not be the film's list any more. */
export function isOutdated(error: unknown): boolean {
  return error instanceof ApiError && [404, 409, 412].includes(error.status);
}
