/** What the player reads in media playlists itself (RFC 8216 §4.3). */

/** The URI of the first init section (§4.3.2.5). */
export function initSectionOf(playlist: string): string | null {
  return /^#EXT-X-MAP:(?:.*,)?URI="([^"]+)"/m.exec(playlist)?.[1] ?? null;
}

/** The URI of the segment that is played at this position (§4.3.2.1). Null after the end. */
export function segmentAt(playlist: string, seconds: number): string | null {
  let end = 0;
  for (const [, duration, uri] of playlist.matchAll(
    /^#EXTINF:([\d.]+).*\r?\n(?:#.*\r?\n)*([^#\s].*?)\s*$/gm,
  )) {
    end += Number(duration);
    if (uri !== undefined && seconds < end) {
      return uri;
    }
  }
  return null;
}
