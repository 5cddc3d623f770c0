import { expect, test } from "vitest";
import { en } from "../i18n/en";
import { chapterAt, chapterStep, chapterTitle, usefulChapters } from "./chapters";

const CHAPTERS = [
  { start_ms: 1_000, title: "The river" },
  { start_ms: 60_000, title: null },
  { start_ms: 120_000, title: "The market" },
];

test.each([
  [0, -1],
  [0.96, 0],
  [59, 0],
  [60, 1],
  [500, 2],
])("the chapter at %s s", (seconds, index) => {
  expect(chapterAt(CHAPTERS, seconds)).toBe(index);
});

test("the next chapter, and the previous one or the start of this one", () => {
  expect(chapterStep(CHAPTERS, 0, 1)).toBe(1);
  expect(chapterStep(CHAPTERS, 10, 1)).toBe(60);
  expect(chapterStep(CHAPTERS, 130, 1)).toBeNull();
  expect(chapterStep(CHAPTERS, 130, -1)).toBe(120);
  expect(chapterStep(CHAPTERS, 122, -1)).toBe(60);
  expect(chapterStep(CHAPTERS, 2, -1)).toBeNull();
  expect(chapterStep([], 2, 1)).toBeNull();
});

test("a chapter without a title has its number", () => {
  expect(chapterTitle(CHAPTERS, 0, en)).toBe("The river");
  expect(chapterTitle(CHAPTERS, 1, en)).toBe("Chapter 2");
  expect(chapterTitle(CHAPTERS, -1, en)).toBeNull();
});

test("a single chapter is not shown", () => {
  expect(usefulChapters(CHAPTERS.slice(0, 1))).toEqual([]);
  expect(usefulChapters(CHAPTERS)).toBe(CHAPTERS);
});
