/** Loads hls.js once, when it is first needed. */
import type Hls from "hls.js";
import { nextTask } from "../lib/next-task";

export async function loadHls(): Promise<typeof Hls> {
  const { default: HlsPlayer } = await import("hls.js");
  await nextTask();
  return HlsPlayer;
}

/** Starts to load hls.js while the page still fetches the film. A failure is reported when the player needs it. */
export function prefetchHls(): void {
  loadHls().catch(() => undefined);
}
