import { expect, test } from "vitest";
import { bpsOfDownloads } from "./bandwidth-estimate";
import { isWorthRetrying } from "./hls-settings";
import { renewalDelayMs } from "./playback-session";
import { qualitiesOf } from "./renditions";
import { retryDelayMs } from "./retry-timer";

test("quality levels are named by their shorter side, best first", () => {
  const names = qualitiesOf([
    { width: 426, height: 240, bitrate: 300_000 },
    { width: 720, height: 1280, bitrate: 2_000_000 },
    { width: 0, height: 0, bitrate: 64_000 },
  ]).map(({ level, name }) => `${level} ${name}`);
  expect(names).toEqual(["1 720p", "0 240p", "2 64 kbit/s"]);
});

test("the token is renewed well before it expires and never in a tight loop", () => {
  expect(renewalDelayMs(4 * 3_600_000)).toBe(4 * 3_600_000 * 0.8);
  expect(renewalDelayMs(1_800_000)).toBe(1_200_000);
  expect(renewalDelayMs(60_000)).toBe(30_000);
  expect(renewalDelayMs(-5_000)).toBe(15_000);
});

test("a lost connection is retried quickly at first, then every 30 s", () => {
  expect([0, 1, 2, 5, 50].map(retryDelayMs)).toEqual([1_000, 2_000, 4_000, 30_000, 30_000]);
});

test.each([
  [0, true],
  [503, true],
  [429, true],
  [403, false],
  [404, false],
])("a response with status %i is retried: %s", (code, expected) => {
  const retry = { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 };
  expect(isWorthRetrying(retry, 0, false, { url: "", data: "", code })).toBe(expected);
  expect(isWorthRetrying(retry, 2, false, { url: "", data: "", code })).toBe(false);
});

test("the bandwidth is estimated from large downloads, not from small or cached ones", () => {
  const large = { transferSize: 200_000, requestStart: 100, responseEnd: 1_700 };
  expect(bpsOfDownloads([large, { ...large, responseEnd: 500 }])).toBe(500_000);
  expect(
    bpsOfDownloads([
      { ...large, transferSize: 3_000 },
      { ...large, transferSize: 0 },
    ]),
  ).toBeNull();
});
