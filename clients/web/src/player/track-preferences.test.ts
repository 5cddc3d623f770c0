import { expect, test } from "vitest";
import { TrackPreferenceStore } from "./track-preferences";

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
  const store = new TrackPreferenceStore(storage, () => owner);
  store.write({ audio: LAO });
  owner = "a1";
  expect(store.read().audio).toBeNull();
  store.write({ subtitles: LAO, areSubtitlesOff: true });
  store.write({ subtitleSize: "large" });
  expect(new TrackPreferenceStore(storage, () => "a1").read()).toEqual({
    audio: null,
    subtitles: LAO,
    areSubtitlesOff: true,
    subtitleSize: "large",
  });
  owner = null;
  expect(store.read().audio).toEqual(LAO);
});

test("damaged preferences are ignored", () => {
  const storage = memoryStorage();
  const store = new TrackPreferenceStore(storage, () => null);
  const nothing = store.read();
  for (const text of ["{", "null", "3", '{"audio":"lo","subtitles":{"language":1},"subtitleSize":"huge"}']) {
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
    const store = new TrackPreferenceStore(storage, () => null);
    store.write({ audio: LAO });
    store.write({ subtitleSize: "small" });
    expect(store.read()).toMatchObject({ audio: LAO, subtitleSize: "small" });
  }
});
