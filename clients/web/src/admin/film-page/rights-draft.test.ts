import type { AdminFilm } from "@nang/api-client";
import { expect, test } from "vitest";
import { instant, localTime, rightsChange, rightsOf, wrongRights } from "./rights-draft";

const FILM = {
  visibility: "draft",
  publish_at: null,
  availability: {
    from: null,
    until: null,
    state: "now",
    countries: [] as string[],
    is_here: true,
    region_note: null,
  },
} as AdminFilm;

test("a time survives the form to the minute", () => {
  expect(instant(localTime("2026-12-01T11:30:00Z"))).toBe("2026-12-01T11:30:00.000Z");
  expect([localTime(null), instant("")]).toEqual(["", null]);
});

test("a scheduled film needs a time, and a window must end after it begins", () => {
  const draft = rightsOf(FILM);
  expect(wrongRights(draft)).toEqual([]);
  expect(wrongRights({ ...draft, visibility: "scheduled" })).toEqual(["publishAt"]);
  expect(wrongRights({ ...draft, from: "2026-12-02T00:00", until: "2026-12-01T00:00" })).toEqual(["until"]);
});

test("countries replace those that the film had", () => {
  const draft = { ...rightsOf(FILM), countries: ["LA", "TH"] };
  expect(rightsChange(["countries"], draft)).toEqual({ available_in: ["LA", "TH"] });
});

test("only a scheduled film has a time of publication", () => {
  const draft = { ...rightsOf(FILM), publishAt: "2026-12-01T18:30" };
  expect(rightsChange(["visibility"], { ...draft, visibility: "public" })).toEqual({
    visibility: "public",
    publish_at: null,
  });
  const scheduled = rightsChange(["visibility", "publishAt"], { ...draft, visibility: "scheduled" });
  expect(scheduled).toEqual({ visibility: "scheduled", publish_at: instant("2026-12-01T18:30") });
});
