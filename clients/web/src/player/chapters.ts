/** The chapters of a film, which its master has. */
import type { Chapter } from "@nang/api-client";
import type { Dictionary } from "../i18n/en";

/** The start of a chapter that has been playing for longer than this is the previous one that a viewer means. */
const RESTART_AFTER_SECONDS = 3;

/** The chapters that help a viewer. A single one divides nothing. */
export function usefulChapters(chapters: readonly Chapter[]): readonly Chapter[] {
  return chapters.length > 1 ? chapters : [];
}

export function startSeconds({ start_ms }: Chapter): number {
  return start_ms / 1000;
}

/** The index of the chapter at a position; -1 before the first. */
export function chapterAt(chapters: readonly Chapter[], seconds: number): number {
  // Players jump to a position with a small error.
  return chapters.findLastIndex((chapter) => startSeconds(chapter) <= seconds + 0.05);
}

/** The position of the next chapter (1) or the previous one (-1); null if it does not exist. */
export function chapterStep(chapters: readonly Chapter[], seconds: number, step: 1 | -1): number | null {
  const at = chapterAt(chapters, seconds);
  const current = chapters[at];
  const isRestart = step < 0 && current && seconds - startSeconds(current) > RESTART_AFTER_SECONDS;
  const to = isRestart ? current : chapters[at + step];
  return to ? startSeconds(to) : null;
}

/** The title of a chapter, or its number. */
export function chapterTitle(chapters: readonly Chapter[], index: number, t: Dictionary): string | null {
  const chapter = chapters[index];
  return chapter ? (chapter.title ?? t.player.chapter(index + 1)) : null;
}
