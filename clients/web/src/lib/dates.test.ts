import { expect, test } from "vitest";
import { dateText, daysAgo } from "./dates";

test("dates are written as is usual in each language", () => {
  const noon = new Date(2026, 10, 5, 12);
  expect(dateText(noon, "en")).toBe("5 November 2026");
  expect(dateText(noon, "lo")).toBe("05/11/2026");
});

test("days are counted by the calendar, not in 24 hours", () => {
  const now = new Date(2026, 2, 1, 0, 5);
  expect(daysAgo(new Date(2026, 2, 1, 0, 1), now)).toBe(0);
  expect(daysAgo(new Date(2026, 1, 28, 23, 59), now)).toBe(1);
  expect(daysAgo(new Date(2025, 11, 31), now)).toBe(60);
});
