/** An action of the user: whether it is running, and the error of its last run. */
import { useCallback, useState } from "react";

export interface Action {
  working: boolean;
  error: unknown;
  run(work: () => Promise<unknown>): void;
}

export function useAction(): Action {
  const [state, setState] = useState<{ working: boolean; error: unknown }>({ working: false, error: null });
  const run = useCallback((work: () => Promise<unknown>) => {
    setState({ working: true, error: null });
    work().then(
      () => setState({ working: false, error: null }),
      (error: unknown) => setState({ working: false, error }),
    );
  }, []);
  return { ...state, run };
}
