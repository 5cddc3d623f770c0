/** The qualities and audio tracks that the viewer may choose, from hls.js's levels and tracks. */
import type { Level, MediaPlaylist } from "hls.js";

export interface Quality {
  /** The index in hls.js; valid until its levels change. */
  level: number;
  /** `720p`: the shorter side, so that a portrait film is named like a landscape one. */
  name: string;
  bitrateBps: number;
}

export interface AudioTrack {
  id: number;
  language: string | null;
  name: string;
}

/** Sorted for the quality menu, best first. */
export function qualitiesOf(levels: readonly Pick<Level, "width" | "height" | "bitrate">[]): Quality[] {
  return levels
    .map(({ width, height, bitrate }, level) => ({
      level,
      name:
        height > 0
          ? `${width > 0 ? Math.min(width, height) : height}p`
          : `${Math.round(bitrate / 1000)} kbit/s`,
      bitrateBps: bitrate,
    }))
    .sort((one, other) => other.bitrateBps - one.bitrateBps);
}

export function audioTracksOf(tracks: readonly Pick<MediaPlaylist, "id" | "lang" | "name">[]): AudioTrack[] {
  return tracks.map(({ id, lang, name }) => ({ id, language: lang ?? null, name }));
}
