import { expect, test } from "vitest";
import { en } from "../i18n/en";
import { lo } from "../i18n/lo";
import { bitrate, byteSize, clockTime, count, longDuration, percentOf, shortDuration } from "./format";

test.each([
  [0, "0:00"],
  [9.99, "0:09"],
  [75, "1:15"],
  [3599.9, "59:59"],
  [3600, "1:00:00"],
  [36_125, "10:02:05"],
  [Number.NaN, "0:00"],
  [-3, "0:00"],
])("%d seconds are %s", (seconds, expected) => {
  expect(clockTime(seconds)).toBe(expected);
});

test.each([
  [30_000, "30 seconds", "30 ວິນາທີ", "30 s"],
  [60_000, "1 minute", "1 ນາທີ", "1 min"],
  [3_600_000, "1 hour", "1 ຊົ່ວໂມງ", "1 h"],
  [6_150_000, "1 hour 43 minutes", "1 ຊົ່ວໂມງ 43 ນາທີ", "1 h 43 min"],
  [7_199_000, "2 hours", "2 ຊົ່ວໂມງ", "2 h"],
])("%d ms last %s", (milliseconds, english, laotian, short) => {
  expect(longDuration(milliseconds, en)).toBe(english);
  expect(longDuration(milliseconds, lo)).toBe(laotian);
  expect(shortDuration(milliseconds, en)).toBe(short);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [1_055_736, "1.1 MB"],
  [99_950_000, "100 MB"],
  [50_000_000_000, "50.0 GB"],
])("%d bytes are %s", (bytes, expected) => {
  expect(byteSize(bytes)).toBe(expected);
});

test("bitrates, percents and counts", () => {
  expect(bitrate(145_400)).toBe("145 kbit/s");
  expect(bitrate(4_500_000)).toBe("4.5 Mbit/s");
  expect(percentOf(999, 1000)).toBe(99);
  expect(percentOf(1000, 1000)).toBe(100);
  expect(percentOf(0, 0)).toBe(0);
  expect(count(1_234_567)).toBe("1\u202f234\u202f567");
});
