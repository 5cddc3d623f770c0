/** A list that is fetched page by page: the first page at once, the next ones on request. */
import { isAbort, type Page, type Pages } from "@nang/api-client";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Resource } from "./use-resource";

export interface More {
  /** There is another page. */
  available: boolean;
  working: boolean;
  error: unknown;
  load(): void;
}

export interface UsePages<T> {
  resource: Resource<T[]>;
  more: More;
  reload(): void;
  /** Changes the items that were fetched so far. */
  change(items: (before: T[]) => T[]): void;
}

const NO_MORE = { available: false, working: false, error: null };

/** `open` must be stable (useCallback): when it changes, the list is fetched again. */
export function usePages<T>(open: (signal: AbortSignal) => Pages<T>): UsePages<T> {
  const [resource, setResource] = useState<Resource<T[]>>({ status: "loading" });
  const [more, setMore] = useState<Omit<More, "load">>(NO_MORE);
  const [reloadCount, setReloadCount] = useState(0);
  const reading = useRef<{ pages: Pages<T>; signal: AbortSignal } | null>(null);

  const read = useCallback((onPage: (page: Page<T>) => void, onError: (error: unknown) => void) => {
    const { pages, signal } = reading.current ?? {};
    pages?.next().then(
      ({ value: page }) => {
        if (page && !signal?.aborted) {
          onPage(page);
          setMore({ ...NO_MORE, available: page.next_cursor !== null });
        }
      },
      (error: unknown) => !signal?.aborted && !isAbort(error) && onError(error),
    );
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new count reloads
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
  }, [open, reloadCount, read]);

  const change = useCallback(
    (items: (before: T[]) => T[]) =>
      setResource((before) =>
        before.status === "ready" ? { status: "ready", value: items(before.value) } : before,
      ),
    [],
  );
  const load = useCallback(() => {
    setMore({ available: true, working: true, error: null });
    read(
      ({ items }) => change((before) => [...before, ...items]),
      (error) => setMore({ available: true, working: false, error }),
    );
  }, [read, change]);
  const reload = useCallback(() => setReloadCount((current) => current + 1), []);
  return { resource, more: { ...more, load }, reload, change };
}
