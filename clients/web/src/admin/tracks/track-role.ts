/** What a track is for. */
import type { EditorDictionary } from "../../i18n/editor";
import type { TrackKind, TrackRole } from "./track-types";

const ROLES: Record<TrackKind, readonly TrackRole[]> = {
  audio: ["main", "audio_description", "commentary"],
  subtitles: ["main", "hard_of_hearing", "commentary"],
};

/** The roles that make sense for the kind, and the one that the track has. */
export function roleOptions(
  kind: TrackKind,
  present: TrackRole,
  t: EditorDictionary,
): { value: TrackRole; label: string }[] {
  const roles = ROLES[kind].includes(present) ? ROLES[kind] : [...ROLES[kind], present];
  return roles.map((value) => ({ value, label: t.tracks.roles[value] }));
}
