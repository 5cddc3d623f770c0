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
      // On a Lao keyboard the same key types a Lao letter.
      const isLaoSlash = event.code === "Slash" && !event.shiftKey && /\p{Script=Lao}/u.test(event.key);
      const isSlash = event.key === "/" || isLaoSlash;
      const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (isSlash && isPlain && !isTyping && current?.checkVisibility?.() !== false) {
        event.preventDefault();
        current?.focus();
        current?.select();
      }
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [input, isOn]);
}
