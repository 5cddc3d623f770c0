/**
 * hls.js for poor mobile links: the first picture soon, then as good as the link carries, then patience.
 */
import type { HlsConfig, LoaderResponse, LoadPolicy, RetryConfig } from "hls.js";

/** What a link is taken for before anything was measured: a slow 3G. */
const FIRST_ESTIMATE_BPS = 500_000;

/** hls.js gives up at once when no answer came at all, which is what a dropped mobile link looks like. */
export function isWorthRetrying(
  retry: RetryConfig | null | undefined,
  retryCount: number,
  isTimeout: boolean,
  response: LoaderResponse | undefined,
): boolean {
  const status = response?.code ?? 0;
  const mayPass = isTimeout || status === 0 || status === 408 || status === 429 || status >= 500;
  return mayPass && retryCount < (retry?.maxNumRetry ?? 0);
}

const PATIENT: LoadPolicy = {
  default: {
    maxTimeToFirstByteMs: 15_000,
    maxLoadTimeMs: 60_000,
    timeoutRetry: { maxNumRetry: 4, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: {
      maxNumRetry: 5,
      retryDelayMs: 500,
      maxRetryDelayMs: 8_000,
      backoff: "exponential",
      shouldRetry: isWorthRetrying,
    },
  },
};

export function hlsSettings(
  measuredBps: number | null,
  currentAddress: (address: string) => string,
): Partial<HlsConfig> {
  return {
    // Segments come ready as fragmented MP4: there is nothing to remultiplex that would be worth a worker.
    enableWorker: false,
    autoStartLoad: false,
    // Choose the first rung from the estimate, and show what is fetched for measuring instead of discarding it.
    startLevel: -1,
    testBandwidth: false,
    abrEwmaDefaultEstimate: clamp(measuredBps ?? FIRST_ESTIMATE_BPS, 300_000, 4_000_000),
    capLevelToPlayerSize: true,
    // A minute ahead rides out a dead spot; more would waste a viewer's data when they stop.
    maxBufferLength: 60,
    maxMaxBufferLength: 90,
    maxBufferSize: 40_000_000,
    backBufferLength: 30,
    manifestLoadPolicy: PATIENT,
    playlistLoadPolicy: PATIENT,
    fragLoadPolicy: PATIENT,
    xhrSetup: (xhr, url) => {
      xhr.open("GET", currentAddress(url), true);
    },
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
