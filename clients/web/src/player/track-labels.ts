/** The texts of audio and subtitle tracks in menus. */
import type { Dictionary } from "../i18n/en";
import type { Language } from "../i18n/language";
import { languageName } from "../i18n/names";
import type { SubtitleTrack, Track } from "./renditions";

export interface TrackLabel {
  /** The language in the viewer's language, or else the film's name of the track. */
  label: string;
  /** The film's name of the track, if the language alone does not say which track it is. */
  hint: string | null;
}

/** In the order of `tracks`. */
export function trackLabels(
  tracks: readonly (Track & Partial<Pick<SubtitleTrack, "isForced">>)[],
  t: Dictionary,
  shownIn: Language,
): TrackLabel[] {
  const labels = tracks.map((track) => languageName(track.language, t, shownIn) ?? track.name);
  return tracks.map(({ name, isForced = false, isAccessible, isAutoselect }, index) => {
    const label = labels[index] ?? name;
    const isShared = labels.filter((other) => other === label).length > 1;
    const isSpecial = isForced || isAccessible || !isAutoselect;
    return { label, hint: (isShared || isSpecial) && name !== label ? name : null };
  });
}

/** One text, for a button or a message. */
export function trackText({ label, hint }: TrackLabel): string {
  return hint ? `${label} · ${hint}` : label;
}
