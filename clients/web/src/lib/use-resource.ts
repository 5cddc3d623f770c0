/** Something fetched for a page: loading, there, or failed with a way to try again. */
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

/** `load` must be stable (useCallback): it is run again whenever it changes. */
export function useResource<T>(load: (signal: AbortSignal) => Promise<T>): UseResource<T> {
  const [resource, setResource] = useState<Resource<T>>({ status: "loading" });
  const [round, setRound] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is a reload
  useEffect(() => {
    const controller = new AbortController();
    setResource({ status: "loading" });
    load(controller.signal).then(
      (value) => !controller.signal.aborted && setResource({ status: "ready", value }),
      (error: unknown) =>
        !controller.signal.aborted && !isAbort(error) && setResource({ status: "failed", error }),
    );
    return () => controller.abort();
  }, [load, round]);

  const reload = useCallback(() => setRound((current) => current + 1), []);
  return { resource, reload, setResource };
}
