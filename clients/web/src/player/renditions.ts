/** What the viewer can choose between, taken from hls.js's levels and tracks. */
import type { Level, MediaPlaylist } from "hls.js";

export interface Quality {
  /** hls.js's index, good until its levels change. */
  level: number;
  /** `720p`: the shorter side, so that an upright film is named like any other. */
  name: string;
  bitrateBps: number;
}

export interface AudioTrack {
  id: number;
  language: string | null;
  name: string;
}

/** Best first, as people read a quality menu. */
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
