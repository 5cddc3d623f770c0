/** The qualities, audio tracks and subtitle tracks that the viewer may choose, from hls.js's levels and tracks. */
import type { Level, MediaPlaylist } from "hls.js";

export interface Quality {
  /** The index in hls.js; valid until its levels change. */
  level: number;
  /** All levels with this resolution, including `level`. */
  levels: number[];
  /** `720p`: the shorter side, so that a portrait film is named like a landscape one. */
  name: string;
  bitrateBps: number;
  /** What an hour of it needs, in bytes. */
  bytesPerHour: number;
}

type LevelFacts = Pick<Level, "width" | "height" | "bitrate"> & { averageBitrate?: number };

export interface Track {
  /** The same in all groups of renditions. */
  key: string;
  /** BCP 47, or null if unknown. */
  language: string | null;
  /** The film's text for menus; unique among the film's tracks of the same kind. */
  name: string;
  /** The film's choice until the viewer chooses. */
  isDefault: boolean;
  /** Whether a player may choose it by its language. False for a commentary. */
  isAutoselect: boolean;
  /** For people who cannot hear (subtitles of sounds) or see (a narrator). */
  isAccessible: boolean;
}

export type AudioTrack = Track;

export interface SubtitleTrack extends Track {
  /** Translates signs and foreign speech only. Shown while the viewer has turned subtitles off. */
  isForced: boolean;
}

/** One quality per resolution, best first. Of several levels with one resolution it is the one with the highest bitrate. */
export function qualitiesOf(levels: readonly LevelFacts[]): Quality[] {
  const sorted = levels
    .map(({ width, height, bitrate, averageBitrate }, level) => ({
      level,
      levels: [level],
      name:
        height > 0
          ? `${width > 0 ? Math.min(width, height) : height}p`
          : `${Math.round(bitrate / 1000)} kbit/s`,
      bitrateBps: bitrate,
      bytesPerHour: ((averageBitrate || bitrate) / 8) * 3600,
    }))
    .sort((one, other) => other.bitrateBps - one.bitrateBps);
  const qualities = new Map<string, Quality>();
  for (const quality of sorted) {
    const best = qualities.get(quality.name);
    if (best) {
      best.levels.push(quality.level);
    } else {
      qualities.set(quality.name, quality);
    }
  }
  return [...qualities.values()];
}

/** About 300 MB an hour: readable subtitles and faces on a phone. */
const DATA_SAVER_BPS = 700_000;

/** The best level that saves data: the index of the highest average bitrate within the limit, or else of the lowest of all. */
export function dataSaverLevel(levels: readonly LevelFacts[]): number {
  const rates = levels.map(({ bitrate, averageBitrate }) => averageBitrate || bitrate);
  const allowed = rates.filter((rate) => rate <= DATA_SAVER_BPS);
  return rates.indexOf(allowed.length > 0 ? Math.max(...allowed) : Math.min(...rates));
}

type HlsTrack = Pick<
  MediaPlaylist,
  "lang" | "name" | "default" | "autoselect" | "forced" | "characteristics"
>;

/** The key of a track: its name is the same in all groups, its position is not. */
export function trackKey({ lang, name }: Pick<MediaPlaylist, "lang" | "name">): string {
  return `${lang ?? ""} ${name}`;
}

/** Each audio track once, although it is in several groups. */
export function audioTracksOf(tracks: readonly HlsTrack[]): AudioTrack[] {
  return uniqueTracks(tracks.map(trackOf));
}

export function subtitleTracksOf(tracks: readonly HlsTrack[]): SubtitleTrack[] {
  return uniqueTracks(tracks.map((track) => ({ ...trackOf(track), isForced: track.forced })));
}

function trackOf(track: HlsTrack): Track {
  return {
    key: trackKey(track),
    language: track.lang && track.lang !== "und" ? track.lang : null,
    name: track.name,
    isDefault: track.default,
    isAutoselect: track.autoselect || track.default,
    isAccessible: track.characteristics?.includes("public.accessibility.") ?? false,
  };
}

function uniqueTracks<T extends Track>(tracks: readonly T[]): T[] {
  return [...new Map([...tracks].reverse().map((track) => [track.key, track])).values()].reverse();
}
