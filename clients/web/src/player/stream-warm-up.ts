/**
 * Fetches what play needs first before it is pressed: the media playlists of the first level and of its audio, and their init sections.
 * These are a few kilobytes. hls.js then finds them in the browser's cache, which saves it two round trips.
 *
 * Segments are not fetched here: a viewer who only reads the page should not pay for them.
 */
import type Hls from "hls.js";

/** Runs until it is done or aborted. Nothing depends on it, so failures are ignored. */
export function warmUpStream(hls: Hls, currentUrl: (url: string) => string): AbortController {
  const abort = new AbortController();
  const level = hls.levels[hls.firstAutoLevel];
  const audio = hls.audioTracks.find(({ groupId }) => level?.audioGroups?.includes(groupId));
  for (const playlist of [level?.uri, hls.audioTracks[hls.audioTrack]?.url ?? audio?.url]) {
    if (playlist) {
      fetchPlaylist(currentUrl(playlist), abort.signal).catch(() => undefined);
    }
  }
  return abort;
}

async function fetchPlaylist(url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal });
  const init = initSectionOf(await response.text());
  if (response.ok && init !== null) {
    await (await fetch(new URL(init, url), { signal })).arrayBuffer();
  }
}

/** The URI of the first init section of a media playlist (RFC 8216 §4.3.2.5). */
export function initSectionOf(playlist: string): string | null {
  return /^#EXT-X-MAP:(?:.*,)?URI="([^"]+)"/m.exec(playlist)?.[1] ?? null;
}
