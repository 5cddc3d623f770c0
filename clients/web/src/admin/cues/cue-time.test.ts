import { expect, test } from "vitest";
import { formatCueTime, parseCueTime } from "./cue-time";

test("times are read as editors write them", () => {
  const cases: [string, number | null][] = [
    ["1:02:03.500", 3_723_500],
    ["01:02:03,5", 3_723_500],
    [" 0:00:00.001 ", 1],
    ["2:03", 123_000],
    ["75:00", 4_500_000],
    ["3.5", 3500],
    ["90", 90_000],
    ["໐:໐໑:໐໒,໕", 62_500],
    ["1:02:03.5000", null],
    ["1:75:00", null],
    ["1:00:75", null],
    ["0:75", null],
    ["1:2:3:4", null],
    ["-1", null],
    ["", null],
    ["abc", null],
    ["1:", null],
  ];
  for (const [text, ms] of cases) {
    expect(parseCueTime(text), text).toBe(ms);
  }
});

test("a formatted time is read as the same time", () => {
  expect(formatCueTime(0)).toBe("0:00:00.000");
  expect(formatCueTime(3_723_500)).toBe("1:02:03.500");
  for (const ms of [0, 1, 59_999, 60_000, 3_599_999, 3_600_000, 86_400_000]) {
    expect(parseCueTime(formatCueTime(ms))).toBe(ms);
  }
});
