import type { Figure } from "@nang/api-client";
import { expect, test } from "vitest";
import { byDay, byDevice, byFilm, totalOf } from "./totals";

const figure = (film_id: string, day: string, device: string, plays: number): Figure => ({
  film_id,
  titles: { en: film_id },
  day,
  device,
  plays,
  completed: 1,
  watched_ms: plays * 60_000,
  duration_ms: null,
});

const ITEMS = [
  figure("river", "2026-11-27", "phone", 2),
  figure("river", "2026-11-29", "computer", 3),
  figure("market", "2026-11-29", "phone", 7),
];

test("every day of the period is shown, also one without plays", () => {
  expect(byDay(ITEMS, "2026-11-27", "2026-11-29").map(({ day, plays }) => [day, plays])).toEqual([
    ["2026-11-27", 2],
    ["2026-11-28", 0],
    ["2026-11-29", 10],
  ]);
});

test("films and devices are added up, the most played first", () => {
  expect(byFilm(ITEMS).map(({ filmId, plays, watchedMs }) => [filmId, plays, watchedMs])).toEqual([
    ["market", 7, 420_000],
    ["river", 5, 300_000],
  ]);
  expect(byDevice(ITEMS).map(({ device, plays }) => [device, plays])).toEqual([
    ["phone", 9],
    ["computer", 3],
  ]);
  expect(totalOf(ITEMS)).toEqual({ plays: 12, completed: 3, watchedMs: 720_000 });
});
