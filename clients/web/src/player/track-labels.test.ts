import { expect, test } from "vitest";
import { en } from "../i18n/en";
import { lo } from "../i18n/lo";
import { trackLabels, trackText } from "./track-labels";

const track = (language: string | null, name: string, change = {}) => ({
  key: name,
  language,
  name,
  isDefault: false,
  isAutoselect: true,
  isAccessible: false,
  ...change,
});

test("tracks are named in the viewer's language, and by their name if several share a language", () => {
  const tracks = [
    track("lo-LA", "ລາວ"),
    track("en", "English"),
    track("en", "English (SDH)", { isAccessible: true }),
    track(null, "Track 4"),
  ];
  const texts = (t: typeof en, language: "lo" | "en") => trackLabels(tracks, t, language).map(trackText);
  expect(texts(lo, "lo")).toEqual(["ລາວ", "ອັງກິດ · English", "ອັງກິດ · English (SDH)", "Track 4"]);
  expect(texts(en, "en")).toEqual(["Lao", "English", "English · English (SDH)", "Track 4"]);
});

test("a track for a special purpose always has its name", () => {
  const special = [{ isAccessible: true }, { isForced: true }, { isAutoselect: false }];
  for (const change of special) {
    expect(trackLabels([track("en", "Name", change)], en, "en")).toEqual([
      { label: "English", hint: "Name" },
    ]);
  }
});
