/** A resource that a page fetches: loading, ready or failed. A failed one can be loaded again. */
import { isAbort } from "@nang/api-client";
import { type Dispatch, type SetStateAction, useCallback, useEffect, useState } from "react";

export type Resource<T> =
  | { status: "loading" }
  | { status: "ready"; value: T }
  | { status: "failed"; error: unknown };

export interface UseResource<T> {
  resource: Resource<T>;
  reload(): void;
  setResource: Dispatch<SetStateAction<Resource<T>>>;
}

/** `load` must be stable (useCallback): when it changes, it runs again. */
export function useResource<T>(load: (signal: AbortSignal) => Promise<T>): UseResource<T> {
  const [resource, setResource] = useState<Resource<T>>({ status: "loading" });
  const [reloadCount, setReloadCount] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new count reloads
  useEffect(() => {
    const controller = new AbortController();
    setResource({ status: "loading" });
    load(controller.signal).then(
      (value) => !controller.signal.aborted && setResource({ status: "ready", value }),
      (error: unknown) =>
        !controller.signal.aborted && !isAbort(error) && setResource({ status: "failed", error }),
    );
    return () => controller.abort();
  }, [load, reloadCount]);

  const reload = useCallback(() => setReloadCount((current) => current + 1), []);
  return { resource, reload, setResource };
}
