import { expect, test } from "vitest";
import { begun, isWanted, type Plan, plainName, planFiles } from "./upload-plan";

const FILMS = [
  { id: "river", slug: "the-river", titles: { en: "The River", lo: "ແມ່ນ້ຳ" } },
  { id: "market", slug: "night-market", titles: { en: "A Night Market" } },
];
const SKIPPED: Plan = { kind: "skip", why: "chosen" };
const STOPPED = [{ id: "part", film_id: "market", name: "market.mov", size_bytes: 5 }];

const file = (name: string, text = "12345") => new File([text], name);
const plansOf = (...files: File[]) => planFiles(files, FILMS, STOPPED).map(({ plan }) => plan);

test("a file becomes a new film with a title from its name, in Lao if that is Lao", () => {
  expect(plansOf(file("Sabaidee_Luang_Prabang.mp4"), file("ຊ່າງຕ່ຳຫູກ.mkv"))).toEqual([
    { kind: "new", titles: { en: "Sabaidee Luang Prabang" } },
    { kind: "new", titles: { lo: "ຊ່າງຕ່ຳຫູກ" } },
  ]);
});

test("a file with a film's name joins that film, whatever else its name has", () => {
  expect(plansOf(file("The.River.1998.1080p.FINAL.mov"))).toEqual([{ kind: "join", filmId: "river" }]);
  expect(plansOf(file("ແມ່ນ້ຳ.mov"))).toEqual([{ kind: "join", filmId: "river" }]);
});

test("the file of a stopped upload resumes it; one of another size does not", () => {
  expect(plansOf(file("market.mov"))).toEqual([{ kind: "resume", filmId: "market", fileId: "part" }]);
  expect(plansOf(file("market.mov", "123456"))).toEqual([{ kind: "new", titles: { en: "market" } }]);
});

test("what is no film is skipped, and so is a second file for the same film", () => {
  expect(
    plansOf(file("notes.txt"), file("empty.mp4", ""), file("The River.mp4"), file("the-river.mov")),
  ).toEqual([
    { kind: "skip", why: "no-film" },
    { kind: "skip", why: "empty" },
    { kind: "join", filmId: "river" },
    { kind: "skip", why: "twice" },
  ]);
});

test("a name of nothing but technical words stays empty", () => {
  expect(plainName("2019 1080p FINAL")).toBe("");
});

test("a subtitle file joins the film of its name: of the same drop, or one that exists", () => {
  const film = file("Sabaidee.2008.mov");
  expect(plansOf(file("Sabaidee.lo.srt"), film, file("The River.en.vtt"), file("the-river.mkv"))).toEqual([
    { kind: "subtitle", of: { dropped: film }, language: "lo" },
    { kind: "new", titles: { en: "Sabaidee 2008" } },
    { kind: "subtitle", of: { filmId: "river" }, language: "en" },
    { kind: "join", filmId: "river" },
  ]);
  expect(plansOf(file("Somewhere.lo.srt"), file("market.ass"))).toEqual([
    { kind: "skip", why: "no-film-of-subtitle" },
    { kind: "skip", why: "no-film-of-subtitle" },
  ]);
});

test("subtitles are wanted with a language and with a film that is not skipped", () => {
  const film = file("Sabaidee.mov");
  const planned = planFiles([film, file("Sabaidee.lo.srt"), file("Sabaidee.srt")], FILMS, []);
  expect(planned.map((one) => isWanted(one, planned))).toEqual([true, true, false]);
  const skipped = planned.map((one) => (one.file === film ? { file: film, plan: SKIPPED } : one));
  expect(skipped.map((one) => isWanted(one, skipped))).toEqual([false, false, false]);
});

test("once a film is created, its subtitles are for that film", () => {
  const film = file("Sabaidee.mov");
  const planned = begun(planFiles([film, file("Sabaidee.lo.srt")], FILMS, []), film, "new-film");
  expect(planned.map(({ plan }) => plan)).toEqual([
    SKIPPED,
    { kind: "subtitle", of: { filmId: "new-film" }, language: "lo" },
  ]);
  expect(planned.map((one) => isWanted(one, planned))).toEqual([false, true]);
});
