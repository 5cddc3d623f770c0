/**
 * How fast this viewer's link is, as far as is known before the film begins: from the last film in this tab, or from
 * how quickly the page's own code came. A guess from a few kilobytes would be none.
 */
const KEY = "nang.link_bps";
const WORTH_MEASURING_BYTES = 50_000;

type Download = Pick<PerformanceResourceTiming, "transferSize" | "requestStart" | "responseEnd">;

export function readMeasuredBps(): number | null {
  try {
    const value = Number(sessionStorage.getItem(KEY));
    if (value > 0) {
      return value;
    }
  } catch {
    // Private window.
  }
  return bpsOfDownloads(performance.getEntriesByType("resource") as PerformanceResourceTiming[]);
}

/** Half of the slowest large download's rate, its wait included; null if nothing large came over the network. */
export function bpsOfDownloads(downloads: readonly Download[]): number | null {
  const rates = downloads
    .filter(({ transferSize, requestStart }) => transferSize >= WORTH_MEASURING_BYTES && requestStart > 0)
    .map(
      ({ transferSize, requestStart, responseEnd }) => (transferSize * 8000) / (responseEnd - requestStart),
    )
    .filter((rate) => Number.isFinite(rate) && rate > 0);
  return rates.length > 0 ? Math.min(...rates) / 2 : null;
}

/** Kept a little below what was seen: a link is more often worse than better when one comes back to it. */
export function writeMeasuredBps(measuredBps: number): void {
  if (Number.isFinite(measuredBps) && measuredBps > 0) {
    try {
      sessionStorage.setItem(KEY, String(Math.round(measuredBps * 0.7)));
    } catch {
      // Private window: measured anew next time.
    }
  }
}
