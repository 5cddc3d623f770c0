/** What the form sends with a subtitle file, and what must be corrected before it is sent. */
import type { EditorDictionary } from "../../i18n/editor";
import { isLanguageTag } from "./language-choice";
import { parseShift } from "./seconds";
import type { Timing } from "./timing-fields";
import type { SubtitleQuery, TrackRole } from "./track-types";

export interface SubtitleDraft {
  language: string;
  label: string;
  isDefault: boolean;
  forced: boolean;
  role: TrackRole;
  timing: Timing;
}

export type DraftProblems = Partial<Record<"language" | "shift_ms" | "from_fps", string>>;

export function draftProblems(draft: SubtitleDraft, isNew: boolean, t: EditorDictionary): DraftProblems {
  const { shift, fromFps, toFps } = draft.timing;
  return {
    ...(isNew && !isLanguageTag(draft.language) ? { language: t.tracks.languageTagWrong } : {}),
    ...(parseShift(shift) === null ? { shift_ms: t.subtitleFile.shiftWrong } : {}),
    ...((fromFps === "") === (toFps === "") ? {} : { from_fps: t.subtitleFile.ratesWrong }),
  };
}

/**
 * A replaced file keeps the name and flags of its track. Its timing is always sent: the server would otherwise move the new
 * file as it moved the former one.
 */
export function subtitleQuery(
  draft: SubtitleDraft,
  isNew: boolean,
  fileName: string,
  encoding: string | null,
): SubtitleQuery {
  const { shift, fromFps, toFps } = draft.timing;
  const label = draft.label.trim();
  return {
    name: [...fileName].slice(0, 255).join(""),
    ...(isNew
      ? { language: draft.language, default: draft.isDefault, forced: draft.forced, role: draft.role }
      : {}),
    ...(isNew && label !== "" ? { label } : {}),
    shift_ms: parseShift(shift) ?? 0,
    // Equal rates stretch nothing.
    ...(fromFps === ""
      ? isNew
        ? {}
        : { from_fps: "25", to_fps: "25" }
      : { from_fps: fromFps, to_fps: toFps }),
    ...(encoding === null ? {} : { encoding }),
  };
}
