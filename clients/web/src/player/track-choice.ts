/** The rules for the tracks that play until the viewer chooses others in this film. */
import type { AudioTrack, SubtitleTrack, Track } from "./renditions";
import type { LanguagePreference, ViewingPreferences } from "./viewing-preferences";

/** Whether two BCP 47 tags have the same language: `lo` and `lo-LA`. */
export function isSameLanguage(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && primary(one) === primary(other);
}

/** The language that the viewer chose before, or else the language of the page, or else the film's default. */
export function firstAudioTrack(
  tracks: readonly AudioTrack[],
  remembered: LanguagePreference | null,
  pageLanguage: string,
): AudioTrack | null {
  const inPageLanguage = () =>
    bestIn(
      tracks.filter((track) => track.isDefault || !track.isAccessible),
      { language: pageLanguage, isAccessible: false },
    );
  return (
    (remembered && bestIn(tracks, remembered)) ??
    inPageLanguage() ??
    tracks.find((track) => track.isDefault) ??
    tracks[0] ??
    null
  );
}

/** `audioLanguage`: the language of the audio track that plays, if known. Null: off. */
export function firstSubtitleTrack(
  tracks: readonly SubtitleTrack[],
  audioLanguage: string | null,
  remembered: Pick<ViewingPreferences, "subtitles" | "areSubtitlesOff">,
  pageLanguage: string,
): SubtitleTrack | null {
  if (remembered.areSubtitlesOff) {
    return null;
  }
  const complete = tracks.filter((track) => !track.isForced);
  const chosen = remembered.subtitles && bestIn(complete, remembered.subtitles);
  if (chosen) {
    return chosen;
  }
  const isAudioUnderstood = isSameLanguage(audioLanguage, pageLanguage);
  const translation = isAudioUnderstood
    ? null
    : bestIn(complete, { language: pageLanguage, isAccessible: false });
  return translation ?? complete.find((track) => track.isDefault) ?? null;
}

/** The track to show while subtitles are off: signs and foreign speech, in the language of the audio. */
export function forcedSubtitleTrack(
  tracks: readonly SubtitleTrack[],
  audioLanguage: string | null,
): SubtitleTrack | null {
  const forced = tracks.filter((track) => track.isForced);
  return audioLanguage === null ? null : bestIn(forced, { language: audioLanguage, isAccessible: false });
}

/** The track to show when the viewer turns subtitles on with a key: as if they had never been off, or else the first. */
export function switchedOnSubtitleTrack(
  tracks: readonly SubtitleTrack[],
  audioLanguage: string | null,
  remembered: LanguagePreference | null,
  pageLanguage: string,
): SubtitleTrack | null {
  const complete = tracks.filter((track) => !track.isForced);
  const inPageLanguage = () => bestIn(complete, { language: pageLanguage, isAccessible: false });
  return (
    firstSubtitleTrack(
      tracks,
      audioLanguage,
      { subtitles: remembered, areSubtitlesOff: false },
      pageLanguage,
    ) ??
    inPageLanguage() ??
    complete[0] ??
    tracks[0] ??
    null
  );
}

/** The best track in a language, or null. A player must not choose a commentary by its language. */
function bestIn<T extends Track>(tracks: readonly T[], wanted: LanguagePreference): T | null {
  const rank = (track: T) =>
    (track.isAccessible === wanted.isAccessible ? 4 : 0) +
    (track.language?.toLowerCase() === wanted.language.toLowerCase() ? 2 : 0) +
    (track.isDefault ? 1 : 0);
  const candidates = tracks.filter(
    (track) => track.isAutoselect && isSameLanguage(track.language, wanted.language),
  );
  return candidates.reduce<T | null>(
    (best, track) => (best === null || rank(track) > rank(best) ? track : best),
    null,
  );
}

function primary(tag: string): string | undefined {
  return tag.toLowerCase().split("-")[0];
}
