import { expect, test } from "vitest";
import { EDITOR_TEXTS } from "../../i18n/editor";
import { changeText, madeByText, type Version, versionChanges } from "./version-changes";

const { en } = EDITOR_TEXTS;

type Track = Version["audio_tracks"][number];

function track(id: string, changes: Partial<Track> = {}): Track {
  const flags = { default: false, forced: false };
  return { id, label: id, language: "lo", ...flags, role: "main", build_id: "build", ...changes };
}

function version(changes: Partial<Version>): Version {
  return {
    id: "v",
    number: 1,
    is_shown: false,
    can_be_shown: true,
    made_by: "track.add",
    author: null,
    created_at: "2026-11-29T00:00:00Z",
    replaced_at: null,
    build_id: "build",
    audio_tracks: [track("audio")],
    subtitle_tracks: [],
    ...changes,
  };
}

test("tracks that come and go are named", () => {
  const shown = version({ subtitle_tracks: [track("a"), track("b")] });
  const other = version({ subtitle_tracks: [track("c"), track("b")], build_id: "other" });
  expect(versionChanges(shown, other)).toEqual([
    { kind: "video" },
    { kind: "added", label: "c" },
    { kind: "removed", label: "a" },
  ]);
});

test("names, settings and the order are compared", () => {
  const shown = version({ subtitle_tracks: [track("a"), track("b"), track("c")] });
  const other = version({
    subtitle_tracks: [track("b", { label: "B" }), track("a", { default: true }), track("c")],
  });
  expect(versionChanges(shown, other)).toEqual([
    { kind: "renamed", label: "B", from: "b" },
    { kind: "settings", label: "a" },
    { kind: "order" },
  ]);
});

test("versions that look alike differ in the texts", () => {
  expect(versionChanges(version({}), version({}))).toEqual([{ kind: "content" }]);
});

test("every change and every known action has a text", () => {
  expect(changeText({ kind: "renamed", label: "B", from: "b" }, en)).toContain("B");
  expect(changeText({ kind: "removed", label: "a" }, en)).toContain("a");
  expect(madeByText("track.correct", en)).toBe(en.versions.madeBy["track.correct"]);
  expect(madeByText("track.unknown", en)).toBe(en.versions.madeByOther);
});
