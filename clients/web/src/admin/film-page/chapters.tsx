/** The chapters of an encoding, as its master has them. */
import type { Build } from "@nang/api-client";
import { useId } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { clockTime } from "../../lib/format";
import { startSeconds } from "../../player/chapters";
import type { Jump } from "../../player/player";

export function Chapters({ build, onJump }: { build: Build; onJump?: (jump: Jump) => void }) {
  const { t } = useEditorLanguage();
  const id = useId();
  if (build.chapters.length === 0) {
    return null;
  }
  return (
    <section aria-labelledby={id} className="space-y-3">
      <h2 id={id} className="text-lg font-semibold">
        {t.builds.chapters}
      </h2>
      <ol className="max-h-96 overflow-y-auto rounded-2xl bg-panel p-2">
        {build.chapters.map((chapter, index) => {
          const seconds = startSeconds(chapter);
          return (
            <li key={chapter.start_ms} className="flex min-h-11 items-center gap-3 px-2">
              {onJump ? (
                <button
                  type="button"
                  className="min-h-11 text-accent-strong tabular-nums underline underline-offset-4"
                  onClick={() => onJump({ seconds })}
                >
                  {clockTime(seconds)}
                </button>
              ) : (
                <span className="text-muted tabular-nums">{clockTime(seconds)}</span>
              )}
              <span className="min-w-0 break-words">{chapter.title ?? t.builds.chapter(index + 1)}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
