import { expect, test } from "vitest";
import { moved } from "./menu-order";
import type { AdminTrack, TrackList } from "./track-types";

const track = (id: string) => ({ id }) as AdminTrack;
const LIST: TrackList = {
  presentation_id: null,
  audio_tracks: [track("a"), track("b")],
  subtitle_tracks: [track("x"), track("y"), track("z")],
  unfinished_dubs: [],
};

test("a track moves by one place, and the other kind stays", () => {
  expect(moved(LIST, "subtitles", "z", "up")).toEqual({
    audio_tracks: ["a", "b"],
    subtitle_tracks: ["x", "z", "y"],
  });
  expect(moved(LIST, "audio", "a", "down")).toEqual({
    audio_tracks: ["b", "a"],
    subtitle_tracks: ["x", "y", "z"],
  });
});

test("the first and the last track stay", () => {
  expect(moved(LIST, "subtitles", "x", "up").subtitle_tracks).toEqual(["x", "y", "z"]);
  expect(moved(LIST, "subtitles", "z", "down").subtitle_tracks).toEqual(["x", "y", "z"]);
});
