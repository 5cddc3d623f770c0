/**
 * The bandwidth estimate before a film starts: from the last film in this tab, or from the download of the page's own
 * code. Downloads of a few kilobytes are ignored, because they measure latency.
 */
const KEY = "nang.link_bps";
const MIN_SAMPLE_BYTES = 50_000;

type Download = Pick<PerformanceResourceTiming, "transferSize" | "requestStart" | "responseEnd">;

export function readBandwidthBps(): number | null {
  try {
    const value = Number(sessionStorage.getItem(KEY));
    if (value > 0) {
      return value;
    }
  } catch {
    // Storage is forbidden (private window).
  }
  return bpsOfDownloads(performance.getEntriesByType("resource") as PerformanceResourceTiming[]);
}

/** Half the rate of the slowest large download, including its wait for the first byte; null without large downloads. */
export function bpsOfDownloads(downloads: readonly Download[]): number | null {
  const rates = downloads
    .filter(({ transferSize, requestStart }) => transferSize >= MIN_SAMPLE_BYTES && requestStart > 0)
    .map(
      ({ transferSize, requestStart, responseEnd }) => (transferSize * 8000) / (responseEnd - requestStart),
    )
    .filter((rate) => Number.isFinite(rate) && rate > 0);
  return rates.length > 0 ? Math.min(...rates) / 2 : null;
}

/** Stores 70 % of the measured value, because the bandwidth is more often lower than higher at the next film. */
export function writeBandwidthBps(bandwidthBps: number): void {
  if (Number.isFinite(bandwidthBps) && bandwidthBps > 0) {
    try {
      sessionStorage.setItem(KEY, String(Math.round(bandwidthBps * 0.7)));
    } catch {
      // Storage is forbidden (private window): the next film is measured again.
    }
  }
}
