/** Controls that leave when nobody needs them: after three seconds of play without a touch, a key or a movement. */
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

const QUIET_AFTER_MS = 3_000;

export function useQuiet(
  container: RefObject<HTMLElement | null>,
  mayBeQuiet: boolean,
): { quiet: boolean; stir(): void; hush(): void } {
  const [quiet, setQuiet] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const stir = useCallback(() => {
    setQuiet(false);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setQuiet(true), QUIET_AFTER_MS);
  }, []);
  const hush = useCallback(() => {
    clearTimeout(timer.current);
    setQuiet(true);
  }, []);

  useEffect(() => {
    if (mayBeQuiet) {
      stir();
    }
    return () => clearTimeout(timer.current);
  }, [mayBeQuiet, stir]);

  useEffect(() => {
    const element = container.current;
    const onPointerMove = (event: PointerEvent) => event.pointerType === "mouse" && stir();
    element?.addEventListener("pointermove", onPointerMove);
    element?.addEventListener("focusin", stir);
    return () => {
      element?.removeEventListener("pointermove", onPointerMove);
      element?.removeEventListener("focusin", stir);
    };
  }, [container, stir]);

  return { quiet: quiet && mayBeQuiet, stir, hush };
}
