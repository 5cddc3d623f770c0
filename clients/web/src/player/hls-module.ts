/** hls.js, fetched once, by whoever needs it first. */
import type Hls from "hls.js";

export async function loadHls(): Promise<typeof Hls> {
  const { default: HlsPlayer } = await import("hls.js");
  return HlsPlayer;
}

/** Begins fetching it while the page still asks about the film. A failure shows when it is really needed. */
export function foreseeHls(): void {
  loadHls().catch(() => undefined);
}
