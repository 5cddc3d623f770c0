/** The menu order of tracks. */
import type { Direction } from "./track-row";
import { type TrackKind, type TrackList, tracksOf } from "./track-types";

export interface TrackOrder {
  audio_tracks: string[];
  subtitle_tracks: string[];
}

/** The order after a track was moved by one place. The same order if there is no such place. */
export function moved(list: TrackList, kind: TrackKind, trackId: string, direction: Direction): TrackOrder {
  const ids = tracksOf(list, kind).map(({ id }) => id);
  const from = ids.indexOf(trackId);
  const to = direction === "up" ? from - 1 : from + 1;
  const other = ids[to];
  if (from >= 0 && other !== undefined) {
    ids[to] = trackId;
    ids[from] = other;
  }
  return {
    audio_tracks: kind === "audio" ? ids : list.audio_tracks.map(({ id }) => id),
    subtitle_tracks: kind === "subtitles" ? ids : list.subtitle_tracks.map(({ id }) => id),
  };
}
