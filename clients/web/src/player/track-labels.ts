/** The texts of audio and subtitle tracks in menus. */
import type { Dictionary } from "../i18n/en";
import type { Language } from "../i18n/language";
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

/** Browsers often lack Lao names of languages, so the texts contain the common ones. */
function languageName(tag: string | null, t: Dictionary, shownIn: Language): string | null {
  if (!tag || tag === "und") {
    return null;
  }
  const own = Object.entries(t.languages).find(([known]) => known === tag.toLowerCase().split("-")[0])?.[1];
  if (own) {
    return own;
  }
  try {
    return new Intl.DisplayNames([shownIn], { type: "language", fallback: "none" }).of(tag) ?? null;
  } catch {
    return null;
  }
}
