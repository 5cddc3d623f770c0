/** Hides the controls after three seconds of playback without a touch, a key or a mouse movement. */
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

const HIDE_AFTER_MS = 3_000;

export function useAutoHide(
  container: RefObject<HTMLElement | null>,
  mayHide: boolean,
): { hidden: boolean; show(): void; hide(): void } {
  const [hidden, setHidden] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const show = useCallback(() => {
    setHidden(false);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setHidden(true), HIDE_AFTER_MS);
  }, []);
  const hide = useCallback(() => {
    clearTimeout(timer.current);
    setHidden(true);
  }, []);

  useEffect(() => {
    if (mayHide) {
      show();
    }
    return () => clearTimeout(timer.current);
  }, [mayHide, show]);

  useEffect(() => {
    const element = container.current;
    const onPointerMove = (event: PointerEvent) => event.pointerType === "mouse" && show();
    element?.addEventListener("pointermove", onPointerMove);
    element?.addEventListener("focusin", show);
    return () => {
      element?.removeEventListener("pointermove", onPointerMove);
      element?.removeEventListener("focusin", show);
    };
  }, [container, show]);

  return { hidden: hidden && mayHide, show, hide };
}
