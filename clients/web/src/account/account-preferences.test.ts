import type { Preferences } from "@nang/api-client";
import { expect, test } from "vitest";
import { DEFAULT_STYLE, type ViewingPreferences } from "../player/viewing-preferences";
import { fromAccount, toAccount } from "./account-preferences";

const NOTHING: Preferences = {
  language: null,
  audio_language: null,
  subtitles: null,
  subtitle_language: null,
  subtitle_size_percent: null,
  subtitle_colour: null,
  subtitle_background: null,
  subtitle_position: null,
  data_saver: null,
  speed: null,
  autoplay_next: null,
};
const HERE: ViewingPreferences = {
  audio: { language: "lo", isAccessible: true },
  subtitles: null,
  areSubtitlesOff: false,
  subtitleStyle: { size: "large", colour: "yellow", position: "raised" },
  speed: 1.25,
  savesData: null,
};

test("an account that keeps nothing changes nothing here", () => {
  expect(fromAccount(NOTHING, HERE)).toEqual(HERE);
});

test("what was chosen here comes back from the account", () => {
  const kept = toAccount({ ...NOTHING, autoplay_next: false }, HERE, "lo");
  expect(kept).toMatchObject({
    language: "lo",
    subtitle_size_percent: 135,
    speed: 1.25,
    autoplay_next: false,
  });
  const fresh = { ...HERE, audio: null, subtitleStyle: DEFAULT_STYLE, speed: 1 as const };
  expect(fromAccount(kept, fresh)).toMatchObject({
    audio: { language: "lo", isAccessible: false },
    subtitleStyle: { size: "large", colour: "yellow", position: "bottom" },
    speed: 1.25,
  });
});

test("values of other clients become the nearest ones, and raised subtitles stay raised at the bottom", () => {
  const kept = { ...NOTHING, subtitle_size_percent: 160, subtitle_position: "bottom" as const, speed: 3 };
  expect(fromAccount(kept, HERE)).toMatchObject({
    subtitleStyle: { size: "very-large", colour: "yellow", position: "raised" },
    speed: 2,
  });
  expect(fromAccount({ ...kept, subtitle_position: "top" }, HERE).subtitleStyle?.position).toBe("top");
});
