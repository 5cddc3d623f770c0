import { expect, test } from "vitest";
import { ALL_ACTIONS, actionFor, KEY_LIST } from "./keys";

function key(code: string, rest: Partial<KeyboardEvent> = {}) {
  return { key: "", code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...rest };
}

test.each([
  ["Space", { do: "toggle" }],
  ["KeyK", { do: "toggle" }],
  ["ArrowLeft", { do: "seek-by", seconds: -10 }],
  ["ArrowRight", { do: "seek-by", seconds: 10 }],
  ["Digit0", { do: "seek-to", fraction: 0 }],
  ["Numpad7", { do: "seek-to", fraction: 0.7 }],
  ["KeyC", { do: "toggle-subtitles" }],
  ["KeyF", { do: "fullscreen" }],
  ["KeyQ", null],
])("%s", (code, action) => {
  expect(actionFor(key(code))).toEqual(action);
});

test("letter keys work on a Lao keyboard, and the browser's shortcuts are not handled", () => {
  expect(actionFor(key("KeyM", { key: "ມ" }))).toEqual({ do: "mute" });
  expect(actionFor(key("Slash", { key: "ฯ", shiftKey: true }))).toEqual({ do: "help" });
  expect(actionFor(key("KeyC", { key: "ແ" }))).toEqual({ do: "toggle-subtitles" });
  expect(actionFor(key("KeyF", { ctrlKey: true }))).toBeNull();
  expect(actionFor(key("KeyC", { ctrlKey: true }))).toBeNull();
});

test("Shift changes the speed and the chapter, and keys that need it do nothing without it", () => {
  expect(actionFor(key("Period", { shiftKey: true }))).toEqual({ do: "faster" });
  expect(actionFor(key("Comma", { shiftKey: true }))).toEqual({ do: "slower" });
  expect(actionFor(key("ArrowRight", { shiftKey: true }))).toEqual({ do: "chapter", step: 1 });
  expect(actionFor(key("ArrowLeft", { shiftKey: true }))).toEqual({ do: "chapter", step: -1 });
  expect(actionFor(key("Period"))).toBeNull();
  expect(actionFor(key("KeyN"))).toBeNull();
});

test("the list of shortcuts has every action", () => {
  const listed = new Set(KEY_LIST.map(({ action }) => action));
  expect([...new Set(ALL_ACTIONS)].filter((action) => !listed.has(action))).toEqual([]);
});
