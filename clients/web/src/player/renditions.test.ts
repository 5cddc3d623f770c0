import { expect, test } from "vitest";
import { audioTracksOf, dataSaverLevel, qualitiesOf, subtitleTracksOf } from "./renditions";
import { hasSurround, unsuitableLevels } from "./surround";

const LEVELS = [
  { width: 426, height: 240, bitrate: 300_000, audioGroups: ["aac-2-low1"] },
  { width: 1280, height: 720, bitrate: 2_000_000, audioGroups: ["aac-2"] },
  { width: 1280, height: 720, bitrate: 2_300_000, audioGroups: ["aac-6"] },
  { width: 1920, height: 1080, bitrate: 4_000_000, audioGroups: ["aac-2"] },
  { width: 1920, height: 1080, bitrate: 4_300_000, audioGroups: ["aac-6"] },
];
const TRACKS = [
  { groupId: "aac-2", channels: "2" },
  { groupId: "aac-2-low1", channels: "1" },
  { groupId: "aac-6", channels: "6/-/DOWNMIX" },
  { groupId: "aac-6", channels: "2" },
];

test("levels with the same resolution are one quality, which knows all of them", () => {
  const qualities = qualitiesOf(LEVELS).map(({ level, levels, name }) => [name, level, levels]);
  expect(qualities).toEqual([
    ["1080p", 4, [4, 3]],
    ["720p", 2, [2, 1]],
    ["240p", 0, [0]],
  ]);
});

test("a device plays only the levels for its speakers, and keeps every resolution", () => {
  expect(hasSurround(TRACKS)).toBe(true);
  expect(unsuitableLevels(LEVELS, TRACKS, 2)).toEqual([4, 2]);
  expect(unsuitableLevels(LEVELS, TRACKS, 1)).toEqual([4, 2]);
  expect(unsuitableLevels(LEVELS, TRACKS, 6)).toEqual([3, 1]);
  const onlySurround = LEVELS.filter(({ audioGroups }) => audioGroups.includes("aac-6"));
  expect(unsuitableLevels(onlySurround, TRACKS, 2)).toEqual([]);
});

test("without surround no level is removed, not even of two with the same resolution", () => {
  const stereo = TRACKS.slice(0, 2);
  expect(hasSurround(stereo)).toBe(false);
  const twice = [LEVELS[1], { ...LEVELS[1], bitrate: 1_000_000 }].filter((level) => level !== undefined);
  expect(unsuitableLevels(twice as typeof LEVELS, stereo, 2)).toEqual([]);
});

test("a track in several groups is listed once, in the order of the first group", () => {
  const track = (name: string, lang: string, change = {}) => ({
    name,
    lang,
    default: false,
    autoselect: true,
    forced: false,
    ...change,
  });
  const audio = [
    track("ລາວ", "lo", { default: true }),
    track("Commentary", "en", { autoselect: false }),
    track("Unknown", "und"),
  ];
  const listed = audioTracksOf([...audio, ...audio]);
  expect(
    listed.map(({ name, language, isDefault, isAutoselect }) => [name, language, isDefault, isAutoselect]),
  ).toEqual([
    ["ລາວ", "lo", true, true],
    ["Commentary", "en", false, false],
    ["Unknown", null, false, true],
  ]);
  const [deaf, forced] = subtitleTracksOf([
    track("English (SDH)", "en", {
      characteristics:
        "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound",
    }),
    track("English (forced)", "en", { forced: true }),
  ]);
  expect([deaf?.isAccessible, deaf?.isForced]).toEqual([true, false]);
  expect([forced?.isAccessible, forced?.isForced]).toEqual([false, true]);
});

test("the data saver takes the best level within its limit, or the lowest", () => {
  expect(dataSaverLevel(LEVELS)).toBe(0);
  expect(dataSaverLevel(LEVELS.map((level) => ({ ...level, averageBitrate: level.bitrate / 4 })))).toBe(2);
  expect(dataSaverLevel(LEVELS.slice(1))).toBe(0);
});

test("a quality says what an hour of it needs", () => {
  const [quality] = qualitiesOf([{ width: 640, height: 360, bitrate: 1_200_000, averageBitrate: 800_000 }]);
  expect(quality?.bytesPerHour).toBe(360_000_000);
});
