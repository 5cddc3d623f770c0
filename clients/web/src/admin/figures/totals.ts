/** Viewing figures added up by day, by film and by device. */
import type { Figure, Titles } from "@nang/api-client";

export interface Totals {
  plays: number;
  completed: number;
  watchedMs: number;
}

export interface FilmTotals extends Totals {
  filmId: string;
  titles: Titles;
}

export interface DeviceTotals extends Totals {
  device: string;
}

const NONE: Totals = { plays: 0, completed: 0, watchedMs: 0 };

export function totalOf(items: readonly Figure[]): Totals {
  return items.reduce(plus, NONE);
}

/** Every day of the period, also those without viewers. Days are UTC dates, `2026-11-28`. */
export function byDay(
  items: readonly Figure[],
  firstDay: string,
  lastDay: string,
): (Totals & { day: string })[] {
  const days = new Map<string, Totals>();
  for (let at = Date.parse(firstDay); at <= Date.parse(lastDay); at += 86_400_000) {
    days.set(new Date(at).toISOString().slice(0, 10), NONE);
  }
  for (const item of items) {
    days.set(item.day, plus(days.get(item.day) ?? NONE, item));
  }
  return [...days].map(([day, totals]) => ({ day, ...totals }));
}

/** The most played film first. */
export function byFilm(items: readonly Figure[]): FilmTotals[] {
  const films = new Map<string, FilmTotals>();
  for (const item of items) {
    const before = films.get(item.film_id) ?? { filmId: item.film_id, titles: item.titles, ...NONE };
    films.set(item.film_id, { ...before, ...plus(before, item) });
  }
  return [...films.values()].toSorted(
    (one, other) => other.plays - one.plays || other.watchedMs - one.watchedMs,
  );
}

export function byDevice(items: readonly Figure[]): DeviceTotals[] {
  const devices = new Map<string, Totals>();
  for (const item of items) {
    devices.set(item.device, plus(devices.get(item.device) ?? NONE, item));
  }
  return [...devices]
    .map(([device, totals]) => ({ device, ...totals }))
    .toSorted((one, other) => other.plays - one.plays);
}

function plus({ plays, completed, watchedMs }: Totals, item: Figure): Totals {
  return {
    plays: plays + item.plays,
    completed: completed + item.completed,
    watchedMs: watchedMs + item.watched_ms,
  };
}
