/** A cue that an editor is changing or adding. It survives a reload of the list. */
import type { EditorDictionary } from "../../i18n/editor";
import { type Cue, findAgain } from "./cue-list";
import { formatCueTime, parseCueTime } from "./cue-time";

export interface CueDraft {
  /** The cue as it was; null for a new one. */
  before: Cue | null;
  /** The index of the changed cue. A new cue is shown after the cue with this index; -1: before the first. */
  index: number;
  start: string;
  end: string;
  text: string;
}

export type CueProblems = Partial<Record<"start" | "end" | "text", string>>;

export function draftOf(cue: Cue, index: number): CueDraft {
  return { before: cue, index, ...fieldsOf(cue) };
}

export function newDraft(times: { start_ms: number; end_ms: number }, index: number): CueDraft {
  return { before: null, index, ...fieldsOf({ ...times, text: "" }) };
}

function fieldsOf({ start_ms, end_ms, text }: Cue): Pick<CueDraft, "start" | "end" | "text"> {
  return { start: formatCueTime(start_ms), end: formatCueTime(end_ms), text };
}

/** The cue to send, or what must be corrected first. */
export function readDraft(draft: CueDraft, t: EditorDictionary): { cue: Cue | null; problems: CueProblems } {
  const start = parseCueTime(draft.start);
  const end = parseCueTime(draft.end);
  const text = draft.text.trim();
  const problems: CueProblems = {
    ...(start === null ? { start: t.cues.timeWrong } : {}),
    ...(end === null ? { end: t.cues.timeWrong } : {}),
    ...(start !== null && end !== null && end <= start ? { end: t.cues.endsTooEarly } : {}),
    ...(text === "" ? { text: t.cues.textMissing } : {}),
  };
  return start === null || end === null || Object.keys(problems).length > 0
    ? { cue: null, problems }
    : { cue: { start_ms: start, end_ms: end, text }, problems };
}

/** The draft for a newer list. If its cue is gone, it becomes a new cue, so that the editor's text is not lost. */
export function rebased(draft: CueDraft, cues: readonly Cue[]): { draft: CueDraft; isGone: boolean } {
  if (draft.before === null) {
    return { draft: { ...draft, index: Math.min(draft.index, cues.length - 1) }, isGone: false };
  }
  const index = findAgain(cues, draft.before);
  const found = index === null ? undefined : cues[index];
  if (index !== null && found) {
    return { draft: { ...draft, before: found, index }, isGone: false };
  }
  const { start_ms } = draft.before;
  const following = cues.findIndex((cue) => cue.start_ms > start_ms);
  return {
    draft: { ...draft, before: null, index: (following < 0 ? cues.length : following) - 1 },
    isGone: true,
  };
}
