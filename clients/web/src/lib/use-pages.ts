/** A list fetched page by page: the first at once, the others when somebody asks for more. */
import { isAbort, type Page, type Pages } from "@nang/api-client";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Resource } from "./use-resource";

export interface More {
  /** There is another page. */
  isThere: boolean;
  working: boolean;
  error: unknown;
  load(): void;
}

export interface UsePages<T> {
  resource: Resource<T[]>;
  more: More;
  reload(): void;
  /** Changes what was fetched so far. */
  change(items: (before: T[]) => T[]): void;
}

const NO_MORE = { isThere: false, working: false, error: null };

/** `open` must be stable: the list is read anew whenever it changes. */
export function usePages<T>(open: (signal: AbortSignal) => Pages<T>): UsePages<T> {
  const [resource, setResource] = useState<Resource<T[]>>({ status: "loading" });
  const [more, setMore] = useState<Omit<More, "load">>(NO_MORE);
  const [round, setRound] = useState(0);
  const reading = useRef<{ pages: Pages<T>; signal: AbortSignal } | null>(null);

  const read = useCallback((onPage: (page: Page<T>) => void, onError: (error: unknown) => void) => {
    const { pages, signal } = reading.current ?? {};
    pages?.next().then(
      ({ value: page }) => {
        if (page && !signal?.aborted) {
          onPage(page);
          setMore({ ...NO_MORE, isThere: page.next_cursor !== null });
        }
      },
      (error: unknown) => !signal?.aborted && !isAbort(error) && onError(error),
    );
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is a reload
  useEffect(() => {
    const controller = new AbortController();
    reading.current = { pages: open(controller.signal), signal: controller.signal };
    setResource({ status: "loading" });
    setMore(NO_MORE);
    read(
      ({ items }) => setResource({ status: "ready", value: items }),
      (error) => setResource({ status: "failed", error }),
    );
    return () => controller.abort();
  }, [open, round, read]);

  const change = useCallback(
    (items: (before: T[]) => T[]) =>
      setResource((before) =>
        before.status === "ready" ? { status: "ready", value: items(before.value) } : before,
      ),
    [],
  );
  const load = useCallback(() => {
    setMore({ isThere: true, working: true, error: null });
    read(
      ({ items }) => change((before) => [...before, ...items]),
      (error) => setMore({ isThere: true, working: false, error }),
    );
  }, [read, change]);
  const reload = useCallback(() => setRound((current) => current + 1), []);
  return { resource, more: { ...more, load }, reload, change };
}
