import { useEffect, useRef, useState } from "react";

/** A value that has not changed for `delayMs`. */
export function useDelayed<T>(value: T, delayMs: number): T {
  const [delayed, setDelayed] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setDelayed(value), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return delayed;
}

/** The value, at once if it has not changed for `pauseMs`; while it changes more often, like `useDelayed`. */
export function useThrottled<T>(value: T, pauseMs: number): T {
  const [shown, setShown] = useState(value);
  const changedAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const now = performance.now();
    const isFirst = now - changedAt.current >= pauseMs;
    changedAt.current = now;
    if (isFirst) {
      setShown(value);
      return;
    }
    const timer = setTimeout(() => setShown(value), pauseMs);
    return () => clearTimeout(timer);
  }, [value, pauseMs]);
  return shown;
}
