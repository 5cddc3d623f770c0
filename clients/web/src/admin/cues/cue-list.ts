/** Finds cues: by text, by time, and again after another editor has changed the list. */
import type { ResultOf } from "@nang/api-client";

export type CueList = ResultOf<"/api/admin/films/{id}/tracks/{track}/cues", "get">;
export type Cue = CueList["items"][number];

/** How many cues a page of the editor shows. A cheap phone draws so many at once. */
export const PAGE_SIZE = 50;

/** A cue with its index in the list, which the API needs. */
export interface IndexedCue {
  index: number;
  cue: Cue;
}

/** The text as viewers read it: without tags and with characters in place of references. */
export function plainText(text: string): string {
  return text
    .replace(/<[^>]*>/g, "")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&(nbsp|lrm|rlm);/g, (_whole, name: string) => (name === "nbsp" ? "\u00a0" : ""))
    .replace(/&amp;/g, "&");
}

/** The cues whose text contains the words of the search, in any case; all cues if the search is empty. */
export function searchCues(cues: readonly Cue[], search: string): IndexedCue[] {
  const wanted = folded(search);
  return cues
    .map((cue, index) => ({ cue, index }))
    .filter(({ cue }) => wanted === "" || folded(plainText(cue.text)).includes(wanted));
}

/** Lao sara am can be one character or two, and lines break anywhere. */
function folded(text: string): string {
  return text.normalize("NFKC").replace(/\s+/g, " ").trim().toLowerCase();
}

/** The page that has the first cue which has not ended at the time. */
export function pageAt(cues: readonly IndexedCue[], ms: number): number {
  const at = cues.findIndex(({ cue }) => cue.end_ms > ms);
  return Math.floor((at < 0 ? Math.max(0, cues.length - 1) : at) / PAGE_SIZE);
}

export function pageCount(cues: readonly unknown[]): number {
  return Math.max(1, Math.ceil(cues.length / PAGE_SIZE));
}

/** The index of a cue in a newer list: the same cue, or else the only one that starts at the same time. Null if it is gone. */
export function findAgain(cues: readonly Cue[], before: Cue): number | null {
  const same = cues.findIndex(
    (cue) => cue.start_ms === before.start_ms && cue.end_ms === before.end_ms && cue.text === before.text,
  );
  if (same >= 0) {
    return same;
  }
  const startingThen = cues.flatMap((cue, index) => (cue.start_ms === before.start_ms ? [index] : []));
  return startingThen.length === 1 ? (startingThen[0] ?? null) : null;
}

/** Two seconds, or what fits before the next cue; at least half a second. */
const NEW_CUE_MS = 2000;
const MIN_CUE_MS = 500;

/** Times for a new cue after the one with this index (-1: before the first cue). */
export function timesAfter(cues: readonly Cue[], index: number): { start_ms: number; end_ms: number } {
  const start = cues[index]?.end_ms ?? 0;
  const next = cues[index + 1]?.start_ms ?? Number.POSITIVE_INFINITY;
  const end = Math.max(start + MIN_CUE_MS, Math.min(start + NEW_CUE_MS, next));
  return { start_ms: start, end_ms: end };
}
