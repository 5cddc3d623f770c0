/** What the form sends with a dub, and what must be corrected before it is sent. */
import type { EditorDictionary } from "../../i18n/editor";
import { isLanguageTag } from "./language-choice";
import { parseShift } from "./seconds";
import type { TrackRole } from "./track-types";

export interface DubDraft {
  language: string;
  label: string;
  isDefault: boolean;
  role: TrackRole;
  shift: string;
}

export const NEW_DUB: DubDraft = { language: "lo", label: "", isDefault: false, role: "main", shift: "" };

export type DubProblems = Partial<Record<"language" | "shift", string>>;

export function dubProblems(draft: DubDraft, isNew: boolean, t: EditorDictionary): DubProblems {
  return {
    ...(isNew && !isLanguageTag(draft.language) ? { language: t.tracks.languageTagWrong } : {}),
    ...(parseShift(draft.shift) === null ? { shift: t.dub.shiftWrong } : {}),
  };
}

/** The metadata of the upload. A dub that gets another file keeps the name and flags of its track. */
export function dubMetadata(draft: DubDraft, filmId: string, trackId: string | null): Record<string, string> {
  const label = draft.label.trim();
  return {
    film_id: filmId,
    purpose: "dub",
    shift_ms: String(parseShift(draft.shift) ?? 0),
    ...(trackId === null
      ? { language: draft.language, default: String(draft.isDefault), role: draft.role }
      : { track_id: trackId }),
    ...(trackId === null && label !== "" ? { label } : {}),
  };
}
