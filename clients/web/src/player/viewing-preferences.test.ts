import { expect, test } from "vitest";
import { PreferenceStore } from "./viewing-preferences";

function memoryStorage(): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  } as Storage;
}
const LAO = { language: "lo", isAccessible: false };

test("each account and the anonymous viewer have their own preferences", () => {
  const storage = memoryStorage();
  let owner: string | null = null;
  const store = new PreferenceStore(storage, () => owner);
  store.write({ audio: LAO });
  owner = "a1";
  expect(store.read().audio).toBeNull();
  store.write({ subtitles: LAO, areSubtitlesOff: true });
  const subtitleStyle = { size: "large", colour: "yellow", position: "top" } as const;
  store.write({ subtitleStyle, speed: 1.25 });
  expect(new PreferenceStore(storage, () => "a1").read()).toEqual({
    audio: null,
    subtitles: LAO,
    areSubtitlesOff: true,
    subtitleStyle,
    speed: 1.25,
    savesData: null,
  });
  owner = null;
  expect(store.read().audio).toEqual(LAO);
});

test("damaged preferences are ignored", () => {
  const storage = memoryStorage();
  const store = new PreferenceStore(storage, () => null);
  const nothing = store.read();
  for (const text of [
    "{",
    "null",
    "3",
    '{"audio":"lo","subtitles":{"language":1},"subtitleStyle":{"size":"huge"},"speed":7}',
  ]) {
    storage.setItem("nang.tracks.anonymous", text);
    expect(store.read()).toEqual(nothing);
  }
});

test("without storage a choice is valid for the page", () => {
  const full = {
    ...memoryStorage(),
    setItem: () => {
      throw new DOMException("full");
    },
  } as unknown as Storage;
  for (const storage of [null, full]) {
    const store = new PreferenceStore(storage, () => null);
    store.write({ audio: LAO });
    store.write({ speed: 1.5 });
    expect(store.read()).toMatchObject({ audio: LAO, speed: 1.5 });
  }
});

test("a choice made here is reported, one taken over from another device is not", () => {
  const reported: number[] = [];
  const store = new PreferenceStore(
    memoryStorage(),
    () => null,
    ({ speed }) => reported.push(speed),
  );
  store.adopt({ speed: 0.5 });
  store.write({ speed: 2 });
  expect(reported).toEqual([2]);
  expect(store.read().speed).toBe(2);
});
