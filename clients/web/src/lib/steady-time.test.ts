import { expect, test } from "vitest";
import { SteadyTime } from "./steady-time";

test("small differences of the estimate only count down", () => {
  const time = new SteadyTime();
  expect(time.show(0, 60_000)).toBe(60_000);
  expect(time.show(1_000, 63_000)).toBe(59_000);
  expect(time.show(2_000, 54_000)).toBe(58_000);
});

test("an estimate that swings from three minutes to two hours and back does not jump", () => {
  const time = new SteadyTime();
  let before = time.show(0, 180_000) ?? 0;
  for (let second = 1; second <= 20; second += 1) {
    const shown = time.show(second * 1_000, second % 2 === 0 ? 180_000 : 7_200_000) ?? 0;
    expect(Math.abs(shown - before)).toBeLessThan(1_500_000);
    before = shown;
  }
});

test("a lasting change is followed within half a minute", () => {
  const time = new SteadyTime();
  time.show(0, 600_000);
  let shown = 0;
  for (let second = 1; second <= 30; second += 1) {
    shown = time.show(second * 1_000, 120_000 - second * 1_000) ?? 0;
  }
  expect(Math.abs(shown - 90_000)).toBeLessThan(0.2 * 90_000);
});

test("an unknown estimate starts again", () => {
  const time = new SteadyTime();
  time.show(0, 60_000);
  expect(time.show(1_000, null)).toBeNull();
  expect(time.show(2_000, 5_000)).toBe(5_000);
});
