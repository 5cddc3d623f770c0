/**
 * hls.js settings for slow mobile networks: show the first frame early, then adapt to the bandwidth, then retry for long.
 */
import type { HlsConfig, LoaderResponse, LoadPolicy, RetryConfig } from "hls.js";

/** The bandwidth estimate before any measurement: slow 3G. */
const FIRST_ESTIMATE_BPS = 500_000;

/** One minute bridges a gap in coverage; more would waste mobile data when the viewer stops. */
export const BUFFER_SECONDS = 60;
export const SAVING_BUFFER_SECONDS = 24;

/** By default hls.js does not retry when no response arrives, which is how a lost mobile connection appears. */
export function isWorthRetrying(
  retry: RetryConfig | null | undefined,
  retryCount: number,
  isTimeout: boolean,
  response: LoaderResponse | undefined,
): boolean {
  const status = response?.code ?? 0;
  return (isTimeout || isTransient(status)) && retryCount < (retry?.maxNumRetry ?? 0);
}

/** Whether a request with this response status, or with none (0), may succeed later. */
export function isTransient(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}

const LOAD_POLICY: LoadPolicy = {
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
  bandwidthBps: number | null,
  currentUrl: (address: string) => string,
): Partial<HlsConfig> {
  return {
    // Segments are fragmented MP4 and need no remultiplexing, so a worker would gain nothing.
    enableWorker: false,
    autoStartLoad: false,
    // Choose the first level from the estimate, and show the segment used for measuring instead of discarding it.
    startLevel: -1,
    testBandwidth: false,
    abrEwmaDefaultEstimate: clamp(bandwidthBps ?? FIRST_ESTIMATE_BPS, 300_000, 4_000_000),
    capLevelToPlayerSize: true,
    maxBufferLength: BUFFER_SECONDS,
    maxMaxBufferLength: 90,
    maxBufferSize: 40_000_000,
    backBufferLength: 30,
    // The player draws subtitles itself (see `SubtitleCues`).
    renderTextTracksNatively: false,
    enableCEA708Captions: false,
    enableIMSC1: false,
    manifestLoadPolicy: LOAD_POLICY,
    playlistLoadPolicy: LOAD_POLICY,
    fragLoadPolicy: LOAD_POLICY,
    xhrSetup: (xhr, url) => {
      xhr.open("GET", currentUrl(url), true);
    },
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
