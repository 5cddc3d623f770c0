/**
 * Maps keys to actions of the player. Letters and digits are identified by their position (`code`), because the same keys
 * of a Lao keyboard do not type k, f and m.
 */
import type { Dictionary } from "../i18n/en";

export type PlayerAction =
  | { do: "toggle" }
  | { do: "seek-by"; seconds: number }
  | { do: "seek-to"; fraction: number }
  | { do: "chapter"; step: 1 | -1 }
  | { do: "volume-by"; change: number }
  | { do: "mute" }
  | { do: "toggle-subtitles" }
  | { do: "faster" }
  | { do: "slower" }
  | { do: "picture-in-picture" }
  | { do: "next-film" }
  | { do: "fullscreen" }
  | { do: "stats" }
  | { do: "help" };

type Key = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

const PLAIN: Readonly<Record<string, PlayerAction>> = {
  Space: { do: "toggle" },
  KeyK: { do: "toggle" },
  ArrowLeft: { do: "seek-by", seconds: -10 },
  KeyJ: { do: "seek-by", seconds: -10 },
  ArrowRight: { do: "seek-by", seconds: 10 },
  KeyL: { do: "seek-by", seconds: 10 },
  ArrowUp: { do: "volume-by", change: 0.05 },
  ArrowDown: { do: "volume-by", change: -0.05 },
  KeyM: { do: "mute" },
  KeyC: { do: "toggle-subtitles" },
  KeyF: { do: "fullscreen" },
  KeyP: { do: "picture-in-picture" },
  KeyI: { do: "stats" },
};

const SHIFTED: Readonly<Record<string, PlayerAction>> = {
  Slash: { do: "help" },
  Period: { do: "faster" },
  Comma: { do: "slower" },
  KeyN: { do: "next-film" },
  ArrowLeft: { do: "chapter", step: -1 },
  ArrowRight: { do: "chapter", step: 1 },
};

export function actionFor(event: Key): PlayerAction | null {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return null;
  }
  if (event.key === "?") {
    return { do: "help" };
  }
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  if (digit !== undefined && !event.shiftKey) {
    return { do: "seek-to", fraction: Number(digit) / 10 };
  }
  const table = event.shiftKey ? { ...PLAIN, ...SHIFTED } : PLAIN;
  return Object.hasOwn(table, event.code) ? (table[event.code] ?? null) : null;
}

/** The list of shortcuts that a viewer sees: the keys, the action, and its text. A test checks that it has every action. */
export const KEY_LIST: readonly {
  keys: readonly string[];
  action: PlayerAction["do"];
  text: keyof Dictionary["player"]["keys"];
}[] = [
  { keys: ["Space", "K"], action: "toggle", text: "playPause" },
  { keys: ["←", "→"], action: "seek-by", text: "seek" },
  { keys: ["J", "L"], action: "seek-by", text: "seek" },
  { keys: ["0", "–", "9"], action: "seek-to", text: "jump" },
  { keys: ["Shift", "← →"], action: "chapter", text: "chapter" },
  { keys: ["↑", "↓"], action: "volume-by", text: "volume" },
  { keys: ["M"], action: "mute", text: "mute" },
  { keys: ["C"], action: "toggle-subtitles", text: "subtitles" },
  { keys: ["Shift", ","], action: "slower", text: "slower" },
  { keys: ["Shift", "."], action: "faster", text: "faster" },
  { keys: ["F"], action: "fullscreen", text: "fullscreen" },
  { keys: ["P"], action: "picture-in-picture", text: "pictureInPicture" },
  { keys: ["Shift", "N"], action: "next-film", text: "nextFilm" },
  { keys: ["I"], action: "stats", text: "stats" },
  { keys: ["?"], action: "help", text: "help" },
];

/** Every key that has an action, for the test of {@link KEY_LIST}. */
export const ALL_ACTIONS: readonly PlayerAction["do"][] = [
  ...Object.values(PLAIN).map(({ do: action }) => action),
  ...Object.values(SHIFTED).map(({ do: action }) => action),
  "seek-to",
];

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
