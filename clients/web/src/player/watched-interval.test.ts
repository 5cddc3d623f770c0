import { expect, test } from "vitest";
import { WatchedInterval } from "./watched-interval";

test("each report starts where the previous one ended", () => {
  const interval = new WatchedInterval();
  interval.begin(30);
  interval.advanceTo(35.25);
  expect(interval.take()).toEqual({ position_ms: 35_250, watched_ms: 5_250 });
  interval.advanceTo(40);
  interval.begin(40.5);
  interval.advanceTo(45.25);
  expect(interval.take()).toEqual({ position_ms: 45_250, watched_ms: 10_000 });
  expect(interval.take()).toEqual({ position_ms: 45_250, watched_ms: 0 });
});

test("the part that a seek skips does not count as watched", () => {
  const interval = new WatchedInterval();
  interval.begin(0);
  interval.advanceTo(4);
  interval.take();
  interval.stop();
  interval.advanceTo(600);
  interval.begin(600);
  interval.advanceTo(603);
  expect(interval.take()).toEqual({ position_ms: 603_000, watched_ms: 3_000 });
});

test("a backward jump without a seek event starts a new interval", () => {
  const interval = new WatchedInterval();
  interval.begin(100);
  interval.advanceTo(110);
  interval.advanceTo(20);
  interval.advanceTo(25);
  expect(interval.take()).toEqual({ position_ms: 25_000, watched_ms: 5_000 });
});
