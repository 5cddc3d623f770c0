/** Handles the player's keyboard shortcuts, on the whole page or only while the player has the focus. */
import { type RefObject, useEffect, useRef } from "react";
import { actionFor, isTakenByFocus, type PlayerAction } from "./keys";

export function usePlayerKeys(
  container: RefObject<HTMLElement | null>,
  wholePage: boolean,
  act: (action: PlayerAction) => void,
): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      const inside = container.current?.contains(event.target as Node) ?? false;
      if (event.defaultPrevented || (!wholePage && !inside) || isTakenByFocus(event, event.target)) {
        return;
      }
      const action = actionFor(event);
      // Elsewhere on the page these keys scroll.
      const scrolls = action?.do === "volume-by" && !inside && !document.fullscreenElement;
      if (action && !scrolls) {
        event.preventDefault();
        latest.current(action);
      }
    };
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, [container, wholePage]);
}
