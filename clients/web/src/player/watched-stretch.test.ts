import { expect, test } from "vitest";
import { WatchedStretch } from "./watched-stretch";

test("each telling takes up where the one before ended", () => {
  const stretch = new WatchedStretch();
  stretch.begin(30);
  stretch.moveTo(35.25);
  expect(stretch.take()).toEqual({ position_ms: 35_250, watched_ms: 5_250 });
  stretch.moveTo(40);
  stretch.begin(40.5);
  stretch.moveTo(45.25);
  expect(stretch.take()).toEqual({ position_ms: 45_250, watched_ms: 10_000 });
  expect(stretch.take()).toEqual({ position_ms: 45_250, watched_ms: 0 });
});

test("what a seek jumps over was not watched", () => {
  const stretch = new WatchedStretch();
  stretch.begin(0);
  stretch.moveTo(4);
  stretch.take();
  stretch.stop();
  stretch.moveTo(600);
  stretch.begin(600);
  stretch.moveTo(603);
  expect(stretch.take()).toEqual({ position_ms: 603_000, watched_ms: 3_000 });
});

test("a jump back that nobody announced begins anew", () => {
  const stretch = new WatchedStretch();
  stretch.begin(100);
  stretch.moveTo(110);
  stretch.moveTo(20);
  stretch.moveTo(25);
  expect(stretch.take()).toEqual({ position_ms: 25_000, watched_ms: 5_000 });
});
