import { expect, test } from "vitest";
import { scrubSeconds, TouchGestures } from "./touch-gestures";

const at = (x: number, y: number, atMs: number) => ({ x, y, atMs });

function tap(gestures: TouchGestures, x: number, atMs: number) {
  gestures.down(at(x, 100, atMs));
  return gestures.up(at(x + 2, 101, atMs + 60));
}

test("quick taps on one side repeat, and taps on the other side or later begin again", () => {
  const gestures = new TouchGestures(() => 300);
  expect(tap(gestures, 250, 0)).toEqual({ kind: "tap" });
  expect(tap(gestures, 260, 200)).toEqual({ kind: "repeated-tap", side: "right" });
  expect(tap(gestures, 260, 400)).toEqual({ kind: "repeated-tap", side: "right" });
  expect(tap(gestures, 20, 500)).toEqual({ kind: "tap" });
  expect(tap(gestures, 20, 1500)).toEqual({ kind: "tap" });
});

test("moving sideways scrubs from the start of the touch", () => {
  const gestures = new TouchGestures(() => 300);
  gestures.down(at(150, 100, 0));
  expect(gestures.move(at(160, 101, 20))).toBeNull();
  expect(gestures.move(at(210, 104, 40))).toEqual({ kind: "scrub", fraction: 0.2 });
  expect(gestures.up(at(120, 104, 600))).toEqual({ kind: "scrub-end", fraction: -0.1 });
  expect(gestures.move(at(300, 104, 700))).toBeNull();
});

test("a touch that the browser takes over changes nothing", () => {
  const gestures = new TouchGestures(() => 300);
  gestures.down(at(150, 100, 0));
  expect(gestures.cancel()).toBeNull();
  gestures.down(at(150, 100, 0));
  gestures.move(at(250, 100, 50));
  expect(gestures.cancel()).toEqual({ kind: "scrub-cancel" });
});

test("a swipe down is no scrub, and a long press is no tap", () => {
  const gestures = new TouchGestures(() => 300);
  gestures.down(at(150, 20, 0));
  expect(gestures.move(at(155, 80, 40))).toBeNull();
  expect(gestures.up(at(156, 130, 90))).toEqual({ kind: "swipe-down" });
  gestures.down(at(150, 20, 1000));
  expect(gestures.up(at(150, 20, 1900))).toBeNull();
});

test("a swipe over the whole width moves two minutes, or a whole short film", () => {
  expect(scrubSeconds(0.5, 7200)).toBe(60);
  expect(scrubSeconds(-1, 30)).toBe(-30);
});
