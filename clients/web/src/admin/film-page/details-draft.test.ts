import type { AdminFilm } from "@nang/api-client";
import { expect, test } from "vitest";
import { changeOf, detailsOf, wrongFields } from "./details-draft";

const FILM = {
  titles: { lo: "ແມ່ນ້ຳ", en: "The River", fr: "Le fleuve" },
  original_title: null,
  slug: "the-river",
  synopses: { en: "A story." },
  awards: {},
  year: 1998,
  runtime_ms: 5_400_000,
  age_rating: null,
  genres: [{ id: "drama" }],
  countries: ["LA"],
  languages: ["lo"],
  credits_ms: 5_000_000,
  profile: "default",
} as unknown as AdminFilm;

test("a film becomes texts of a form", () => {
  expect(detailsOf(FILM)).toMatchObject({
    year: "1998",
    runtimeMinutes: "90",
    creditsAt: "1:23:20",
    awardsLo: "",
  });
});

test("only changed fields are sent, and texts in other languages stay", () => {
  const draft = { ...detailsOf(FILM), titleEn: " River ", year: "", creditsAt: "1:20:00" };
  expect(changeOf(["titleEn", "year", "creditsAt"], draft, FILM)).toEqual({
    titles: { lo: "ແມ່ນ້ຳ", en: "River", fr: "Le fleuve" },
    year: null,
    credits_ms: 4_800_000,
  });
});

test("an emptied text is removed", () => {
  const draft = { ...detailsOf(FILM), synopsisEn: "" };
  expect(changeOf(["synopsisEn"], draft, FILM)).toEqual({ synopses: {} });
});

test("what cannot be right is found before it is sent", () => {
  const draft = detailsOf(FILM);
  expect(wrongFields(draft)).toEqual([]);
  const wrong = {
    ...draft,
    titleLo: "",
    titleEn: " ",
    year: "98",
    runtimeMinutes: "1:30",
    creditsAt: "soon",
  };
  expect(wrongFields(wrong)).toEqual(["titleLo", "year", "runtimeMinutes", "creditsAt"]);
});
