/** The cues of a subtitle track, and changes of single cues. */
import { ApiError, isAbort } from "@nang/api-client";
import { useCallback, useEffect, useRef, useState } from "react";
import { api } from "../../session";
import type { Cue, CueList } from "./cue-list";

export type CueChange =
  | { kind: "update"; index: number; cue: Cue }
  | { kind: "insert"; cue: Cue }
  | { kind: "delete"; index: number };

/** `outdated`: another editor has changed the cues; the list is loaded again and nothing was saved. */
export type ChangeResult =
  | { status: "saved"; list: CueList }
  | { status: "outdated"; list: CueList }
  | { status: "failed"; error: unknown };

export interface Cues {
  list: CueList | null;
  loadError: unknown;
  working: boolean;
  change(change: CueChange): Promise<ChangeResult | null>;
  reload(): void;
}

export function useCues(filmId: string, trackId: string): Cues {
  const [list, setList] = useState<CueList | null>(null);
  const [loadError, setLoadError] = useState<unknown>(null);
  const [working, setWorking] = useState(false);
  const [reloadCount, setReloadCount] = useState(0);
  const isWorking = useRef(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new count reloads
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    setLoadError(null);
    loadCues(filmId, trackId, signal).then(
      (loaded) => !signal.aborted && setList(loaded),
      (error: unknown) => !signal.aborted && !isAbort(error) && setLoadError(error),
    );
    return () => controller.abort();
  }, [filmId, trackId, reloadCount]);

  const change = async (wanted: CueChange): Promise<ChangeResult | null> => {
    if (list === null || isWorking.current) {
      return null;
    }
    isWorking.current = true;
    setWorking(true);
    try {
      const newer = await sendChange(filmId, trackId, list.build_id, wanted);
      setList(newer);
      return { status: "saved", list: newer };
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) {
        return { status: "failed", error };
      }
      try {
        const newer = await loadCues(filmId, trackId);
        setList(newer);
        return { status: "outdated", list: newer };
      } catch (reloadError) {
        return { status: "failed", error: reloadError };
      }
    } finally {
      isWorking.current = false;
      setWorking(false);
    }
  };
  const reload = useCallback(() => setReloadCount((count) => count + 1), []);
  return { list, loadError, working, change, reload };
}

function loadCues(filmId: string, trackId: string, signal?: AbortSignal): Promise<CueList> {
  const path = { id: filmId, track: trackId };
  return api.get("/api/admin/films/{id}/tracks/{track}/cues", { path, signal });
}

function sendChange(filmId: string, trackId: string, buildId: string, change: CueChange): Promise<CueList> {
  const path = { id: filmId, track: trackId };
  const one = "/api/admin/films/{id}/tracks/{track}/cues/{index}";
  switch (change.kind) {
    case "insert":
      return api.post("/api/admin/films/{id}/tracks/{track}/cues", {
        path,
        body: { build_id: buildId, ...change.cue },
      });
    case "update":
      return api.put(one, {
        path: { ...path, index: change.index },
        body: { build_id: buildId, ...change.cue },
      });
    case "delete":
      return api.delete(one, { path: { ...path, index: change.index }, query: { build_id: buildId } });
  }
}
