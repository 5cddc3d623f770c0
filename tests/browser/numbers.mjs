// Measures a page as a cheap phone on a poor link loads it, in a new browser context with an empty cache.
import { PHONE } from "./browser.mjs";

const QUIET_MS = 500;
const POLL_MS = 50;

/** 1.6 Mbit/s, 150 ms, a processor four times slower: the usual "slow 4G" of such measurements. */
export const SLOW = { bytesPerSecond: 200_000, latencyMs: 150, cpuFactor: 4 };

/**
 * Opens an address and waits until the network is quiet. `use` then does what a viewer does there; its second argument waits for the network again.
 * @returns what was measured, see `read`.
 */
export async function measure(
  browser,
  url,
  { slow = SLOW, locale = "lo-LA", use = async () => undefined } = {},
) {
  const context = await browser.newContext({ ...PHONE, locale });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const devtools = await context.newCDPSession(page);
  await throttle(devtools, slow);
  const transfers = countTransfers(devtools);
  const quiet = watchNetwork(page);
  const asked = [];
  page.on("request", (request) => request.method() === "GET" && asked.push(request.url()));
  await page.addInitScript(observe);
  await page.goto(url);
  await quiet();
  // What comes below the first screen is rendered later, and may ask for more.
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  await quiet();
  const loaded = transfers();
  const repeated = asked.filter((address, index) => asked.indexOf(address) < index);
  const used = await use(page, quiet);
  await quiet();
  const shown = await page.evaluate(read);
  const total = transfers();
  await context.close();
  return { ...shown, loaded, repeated, total, used };
}

export async function throttle(devtools, { bytesPerSecond, latencyMs, cpuFactor }) {
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: latencyMs,
    downloadThroughput: bytesPerSecond,
    uploadThroughput: bytesPerSecond,
  });
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: cpuFactor });
}

/** Returns a function that waits until no request has been open for half a second. Playwright's `networkidle` comes once for each page. */
export function watchNetwork(page) {
  const open = new Set();
  let changedAt = Date.now();
  const opened = (request) => open.add(request);
  const closed = (request) => {
    open.delete(request);
    changedAt = Date.now();
  };
  page.on("request", opened).on("requestfinished", closed).on("requestfailed", closed);
  return async () => {
    while (open.size > 0 || Date.now() - changedAt < QUIET_MS) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
}

/** Counts requests and bytes on the wire, by the kind of file. Returns a function that reads the counters. */
function countTransfers(devtools) {
  const kinds = new Map();
  const sums = { requests: 0, bytes: 0, scriptBytes: 0, imageBytes: 0 };
  devtools.on("Network.responseReceived", ({ requestId, type }) => kinds.set(requestId, type));
  devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    sums.requests += 1;
    sums.bytes += encodedDataLength;
    sums.scriptBytes += kinds.get(requestId) === "Script" ? encodedDataLength : 0;
    sums.imageBytes += kinds.get(requestId) === "Image" ? encodedDataLength : 0;
  });
  return () => ({ ...sums });
}

/** Runs in the page before its scripts: records paints, shifts and the time of each interaction until the next paint. */
function observe() {
  const seen = { lcpMs: 0, lcpElement: "", cls: 0, interactionsMs: [] };
  window.measured = seen;
  new PerformanceObserver((list) => {
    for (const { startTime, element } of list.getEntries()) {
      seen.lcpMs = startTime;
      seen.lcpElement = element ? `${element.tagName.toLowerCase()} ${element.className}`.slice(0, 60) : "";
    }
  }).observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) {
      seen.cls += hadRecentInput ? 0 : value;
    }
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const { duration, interactionId } of list.getEntries()) {
      if (interactionId) {
        seen.interactionsMs.push(duration);
      }
    }
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
}

function read() {
  const { lcpMs, lcpElement, cls, interactionsMs } = window.measured;
  return { lcpMs: Math.round(lcpMs), lcpElement, cls, inpMs: Math.max(0, ...interactionsMs) };
}

/** The value below which this part of the values lies. */
export function quantile(values, part) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)];
}
