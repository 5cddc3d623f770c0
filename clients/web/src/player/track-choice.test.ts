import { expect, test } from "vitest";
import type { SubtitleTrack } from "./renditions";
import {
  firstAudioTrack,
  firstSubtitleTrack,
  forcedSubtitleTrack,
  switchedOnSubtitleTrack,
} from "./track-choice";

/** `lo`, and then any of: default, commentary, accessible, forced. */
function track(description: string): SubtitleTrack {
  const [language = "", ...flags] = description.split(" ");
  return {
    key: description,
    language: language === "?" ? null : language,
    name: description,
    isDefault: flags.includes("default"),
    isAutoselect: !flags.includes("commentary"),
    isAccessible: flags.includes("accessible"),
    isForced: flags.includes("forced"),
  };
}
const tracks = (...descriptions: string[]) => descriptions.map(track);
const wants = (language: string, isAccessible = false) => ({ language, isAccessible });
const NOTHING = { subtitles: null, areSubtitlesOff: false };

test.each([
  ["nothing is remembered: the page's language", ["en default", "lo"], null, "lo"],
  ["the page's language is missing: the default", ["th", "en default"], null, "en default"],
  ["no default: the first", ["th", "en"], null, "th"],
  ["remembered", ["lo default", "en"], wants("en"), "en"],
  ["the remembered language is missing", ["lo", "en default"], wants("th"), "lo"],
  ["a regional tag", ["en default", "lo-LA"], null, "lo-LA"],
  ["an exact tag is better than a regional one", ["zh-Hans", "zh-Hant"], wants("zh-Hant"), "zh-Hant"],
  ["not the commentary in the page's language", ["en default", "lo commentary"], null, "en default"],
  [
    "not the commentary in the remembered language",
    ["lo default", "en commentary"],
    wants("en"),
    "lo default",
  ],
  ["not a narrator, unless chosen before", ["en default", "lo accessible"], null, "en default"],
  [
    "the narrator that was chosen before",
    ["lo default", "lo accessible"],
    wants("lo", true),
    "lo accessible",
  ],
  ["without the narrator", ["lo accessible", "lo"], wants("lo"), "lo"],
  ["an unknown language", ["? default"], null, "? default"],
])("audio: %s", (_name, descriptions, remembered, expected) => {
  expect(firstAudioTrack(tracks(...descriptions), remembered, "lo")?.key).toBe(expected);
});

test("a film without audio has no audio track", () => {
  expect(firstAudioTrack([], wants("lo"), "lo")).toBeNull();
});

test.each([
  ["the audio is foreign: the page's language", ["en", "lo"], "en", NOTHING, "lo"],
  ["the audio's language is unknown", ["en", "lo"], null, NOTHING, "lo"],
  ["the audio is in the page's language: off", ["en", "lo"], "lo", NOTHING, null],
  ["the audio is in the page's language: the default", ["en default", "lo"], "lo", NOTHING, "en default"],
  ["the page's language is missing: the default", ["th", "en default"], "en", NOTHING, "en default"],
  ["the page's language is missing, no default", ["th"], "en", NOTHING, null],
  ["off was chosen before", ["lo default"], "en", { subtitles: null, areSubtitlesOff: true }, null],
  ["remembered, although the audio is in it", ["lo"], "lo", { ...NOTHING, subtitles: wants("lo") }, "lo"],
  ["remembered, but missing", ["lo"], "en", { ...NOTHING, subtitles: wants("th") }, "lo"],
  [
    "for the deaf",
    ["en", "en accessible"],
    "lo",
    { ...NOTHING, subtitles: wants("en", true) },
    "en accessible",
  ],
  ["only for the deaf", ["lo accessible"], "en", NOTHING, "lo accessible"],
  ["not a forced track", ["lo forced", "lo"], "en", NOTHING, "lo"],
  ["not a forced track, though it is the default", ["lo forced default"], "en", NOTHING, null],
  ["not a commentary", ["lo commentary"], "en", NOTHING, null],
])("subtitles: %s", (_name, descriptions, audioLanguage, remembered, expected) => {
  const chosen = firstSubtitleTrack(tracks(...descriptions), audioLanguage, remembered, "lo");
  expect(chosen?.key ?? null).toBe(expected);
});

test("while subtitles are off, the forced track in the audio's language is shown", () => {
  const all = tracks("en", "en forced", "lo forced");
  expect(forcedSubtitleTrack(all, "lo")?.key).toBe("lo forced");
  expect(forcedSubtitleTrack(all, "th")).toBeNull();
  expect(forcedSubtitleTrack(all, null)).toBeNull();
});

test.each([
  ["the last language", ["lo", "en"], wants("en"), "en"],
  ["the page's language, though the audio is in it", ["en", "lo"], null, "lo"],
  ["any track", ["th"], null, "th"],
  ["a forced track, if there is no other", ["th forced"], null, "th forced"],
  ["none", [], null, null],
])("a key turns on: %s", (_name, descriptions, remembered, expected) => {
  const chosen = switchedOnSubtitleTrack(tracks(...descriptions), "lo", remembered, "lo");
  expect(chosen?.key ?? null).toBe(expected);
});
