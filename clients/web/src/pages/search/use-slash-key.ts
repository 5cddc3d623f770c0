/** The `/` key, pressed anywhere but in a field, moves the focus to the search box. */
import { type RefObject, useEffect } from "react";

export function useSlashKey(input: RefObject<HTMLInputElement | null>, isOn: boolean): void {
  useEffect(() => {
    if (!isOn) {
      return;
    }
    const onKeyDown = (event: KeyboardEvent) => {
      const { current } = input;
      const isTyping =
        event.target instanceof HTMLElement &&
        event.target.closest("input, textarea, select, [contenteditable]");
      const isPlain = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (isPlain && !isTyping && current?.checkVisibility?.() !== false) {
        event.preventDefault();
        current?.focus();
        current?.select();
      }
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [input, isOn]);
}
