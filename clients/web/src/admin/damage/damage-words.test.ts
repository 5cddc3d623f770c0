import { expect, test } from "vitest";
import { EDITOR_TEXTS } from "../../i18n/editor";
import { leadIn, longestPlaces, lossText, placeText, type TrackDamage, trackName } from "./damage-words";

const { en } = EDITOR_TEXTS;

const VIDEO: TrackDamage = {
  kind: "held_frames",
  track: null,
  language: null,
  label: null,
  total_ms: 3040,
  count: 2,
  places: [
    { from_ms: 1000, duration_ms: 40 },
    { from_ms: 70_500, duration_ms: 3000 },
  ],
};
const AUDIO: TrackDamage = { ...VIDEO, kind: "lost_audio", track: 2, label: "ລາວ", total_ms: 90_000 };

test("tracks have names", () => {
  expect(trackName(VIDEO, en)).toBe("Video");
  expect(trackName(AUDIO, en)).toBe("Audio 2: ລາວ");
  expect(trackName({ ...AUDIO, label: null }, en)).toBe("Audio 2");
});

test("the sum of a track is in seconds and percent", () => {
  expect(lossText(VIDEO, 600_000, en)).toBe(
    "The video stands still or is broken for 3.1 s (0.5 % of the film).",
  );
  expect(lossText(AUDIO, 600_000, en)).toBe("Silence for 1:30 (15 % of the film).");
  expect(lossText({ ...VIDEO, total_ms: 1 }, 600_000, en)).toContain("0.1 s (< 0.1 % of the film)");
});

test("a place has its times", () => {
  expect(VIDEO.places.map((place) => placeText(place, en))).toEqual([
    "0:01.0 – 0:01.0 (0.1 s)",
    "1:10.5 – 1:13.5 (3 s)",
  ]);
  expect(VIDEO.places.map(leadIn)).toEqual([0, 67.5]);
});

test("the longest places are shown in the order of the film", () => {
  const places = [5, 40, 10, 40, 7].map((duration_ms, index) => ({ from_ms: index * 100, duration_ms }));
  expect(longestPlaces(places, 3).map(({ from_ms }) => from_ms)).toEqual([100, 200, 300]);
  expect(longestPlaces(places, 9)).toEqual(places);
});
