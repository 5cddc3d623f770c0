/**
 * Maps keys to actions of the player. Letters and digits are identified by their position (`code`), because the same keys
 * of a Lao keyboard do not type k, f and m.
 */
export type PlayerAction =
  | { do: "toggle" }
  | { do: "seek-by"; seconds: number }
  | { do: "seek-to"; fraction: number }
  | { do: "volume-by"; change: number }
  | { do: "mute" }
  | { do: "toggle-subtitles" }
  | { do: "fullscreen" }
  | { do: "help" };

type Key = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

export function actionFor(event: Key): PlayerAction | null {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return null;
  }
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) {
    return { do: "help" };
  }
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  if (digit !== undefined && !event.shiftKey) {
    return { do: "seek-to", fraction: Number(digit) / 10 };
  }
  switch (event.code) {
    case "Space":
    case "KeyK":
      return { do: "toggle" };
    case "ArrowLeft":
      return { do: "seek-by", seconds: -10 };
    case "ArrowRight":
      return { do: "seek-by", seconds: 10 };
    case "ArrowUp":
      return { do: "volume-by", change: 0.05 };
    case "ArrowDown":
      return { do: "volume-by", change: -0.05 };
    case "KeyM":
      return { do: "mute" };
    case "KeyC":
      return { do: "toggle-subtitles" };
    case "KeyF":
      return { do: "fullscreen" };
    default:
      return null;
  }
}

/** Whether the focused element handles this key itself: text fields and menus every key, buttons Space and Enter. */
export function isTakenByFocus(event: Key, target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) {
    return false;
  }
  // Until the browser renders the next frame, the focus stays on the button of a dialog that is already closed.
  if (target.closest("dialog:not([open])")) {
    return false;
  }
  if (target.isContentEditable || target.closest("textarea, select, dialog, [role=menu]")) {
    return true;
  }
  if (target instanceof HTMLInputElement) {
    return target.type !== "range";
  }
  return (event.key === " " || event.key === "Enter") && target.closest("button, a, summary") !== null;
}
