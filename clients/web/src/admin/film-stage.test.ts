import type { AdminFilm, Build, FilmFile } from "@nang/api-client";
import { expect, test } from "vitest";
import { stageOf } from "./film-stage";

const FILM: AdminFilm = {
  id: "f",
  slug: "nang",
  titles: { lo: "ໜັງ" },
  original_title: null,
  year: null,
  age_rating: null,
  duration_ms: null,
  width: null,
  height: null,
  poster: null,
  backdrop: null,
  in_watchlist: null,
  created_at: "2026-01-01T00:00:00Z",
  synopses: {},
  countries: [],
  languages: [],
  awards: {},
  genres: [],
  categories: [],
  credits: [],
  images: [],
  audio_tracks: [],
  subtitle_tracks: [],
  enforces_countries: true,
  availability: { from: null, until: null, state: "now", countries: [], is_here: true, region_note: null },
  visibility: "draft",
  publish_at: null,
  runtime_ms: null,
  credits_ms: null,
  deleted_at: null,
  status: "empty",
  failure: null,
  reason: null,
  profile: "default",
  version: 1,
  build_id: null,
  presentation_id: null,
  files: [],
  builds: [],
};

function file(id: string, state: FilmFile["state"], note: string | null = null): FilmFile {
  return {
    id,
    purpose: "master",
    name: "a.mp4",
    size_bytes: 10,
    received_bytes: 5,
    state,
    sha256: null,
    note,
    reason: null,
    unused: [],
    notes: [],
    created_at: "2026-01-01T00:00:00Z",
  };
}

function build(id: string, file_id: string, state: Build["state"], failure: string | null = null): Build {
  return {
    id,
    kind: "film",
    file_id,
    profile: "default",
    state,
    failure,
    reason: null,
    damage: null,
    approved_at: null,
    approved_by: null,
    created_at: "2026-01-01T00:00:00Z",
    finished_at: null,
    progress: { frames_done: 0, frames_total: 0, jobs_done: 0, jobs_total: 0, jobs_running: 0 },
    renditions: [],
    subtitle_notes: [],
    chapters: [],
  };
}

test.each<[string, Partial<AdminFilm>, ReturnType<typeof stageOf>["stage"]]>([
  ["a new film", {}, "empty"],
  ["an upload under way", { files: [file("1", "uploading")] }, "uploading"],
  ["an uploaded file", { status: "processing", files: [file("1", "uploaded")] }, "checking"],
  [
    "a build",
    { status: "processing", files: [file("1", "uploaded")], builds: [build("2", "1", "encoding")] },
    "encoding",
  ],
  ["a finished build", { status: "ready", build_id: "2", builds: [build("2", "1", "ready")] }, "ready"],
  [
    "a damaged build of a new film",
    { status: "damaged", files: [file("1", "uploaded")], builds: [build("2", "1", "damaged")] },
    "damaged",
  ],
  [
    "a damaged build of a film that shows an older one",
    { status: "ready", build_id: "2", builds: [build("2", "1", "ready"), build("3", "1", "damaged")] },
    "damaged",
  ],
  [
    "a newer file while a damaged build waits",
    { status: "processing", files: [file("4", "uploaded")], builds: [build("3", "1", "damaged")] },
    "checking",
  ],
  [
    "a new upload for a ready film",
    { status: "ready", build_id: "2", files: [file("1", "uploaded"), file("3", "uploading")] },
    "uploading",
  ],
])("%s", (_name, change, expected) => {
  expect(stageOf({ ...FILM, ...change }).stage).toBe(expected);
});

test("a dub or a subtitle is not the film", () => {
  const dub: Build = { ...build("5", "4", "failed", "The dub is too short."), kind: "dub" };
  const subtitle: Build = { ...build("6", "5", "publishing"), kind: "subtitle" };
  const film: AdminFilm = {
    ...FILM,
    status: "ready",
    build_id: "2",
    files: [file("1", "uploaded")],
    builds: [build("2", "1", "ready"), dub, subtitle],
  };
  expect(stageOf(film)).toMatchObject({ stage: "ready", failure: null, build: { id: "2" } });
});

test("a refused file has a reason and cannot be retried", () => {
  const reason = "This is a text file, not a film.";
  const stage = stageOf({
    ...FILM,
    status: "failed",
    failure: reason,
    files: [file("1", "refused", reason)],
  });
  expect(stage).toMatchObject({ stage: "failed", failure: reason, fileRefused: true, playable: false });
});

test.each(["encoding_cancelled", "reading_cancelled"] as const)("%s is no failure", (code) => {
  const reason = { code, values: {} };
  const film: AdminFilm = { ...FILM, status: "failed", failure: "In new words.", reason };
  expect(stageOf(film)).toMatchObject({ stage: "cancelled", failure: null, reason: null });
});

test("a damaged build waits until a newer build is shown", () => {
  const damaged = build("2", "1", "damaged");
  expect(stageOf({ ...FILM, status: "damaged", builds: [damaged] }).held).toBe(damaged);
  const builds = [build("1", "1", "ready"), damaged, build("3", "1", "failed", "The decoder crashed.")];
  const film: AdminFilm = { ...FILM, status: "ready", build_id: "1", builds };
  expect(stageOf(film)).toMatchObject({ stage: "ready", held: damaged });
  expect(stageOf({ ...film, builds: [build("2", "1", "superseded")] }).held).toBeNull();
});

test("a failed re-encode is reported although the film is still ready", () => {
  const film: AdminFilm = {
    ...FILM,
    status: "ready",
    build_id: "2",
    files: [file("1", "uploaded"), file("3", "uploaded")],
    builds: [build("4", "3", "failed", "The decoder crashed."), build("2", "1", "ready")],
  };
  expect(stageOf(film)).toMatchObject({ stage: "ready", failure: "The decoder crashed.", playable: true });
});

test("a failure is not reported after a newer file was uploaded", () => {
  const film: AdminFilm = {
    ...FILM,
    status: "processing",
    files: [file("1", "uploaded"), file("3", "uploaded")],
    builds: [build("2", "1", "failed", "old")],
  };
  expect(stageOf(film)).toMatchObject({ stage: "checking", failure: null });
});
