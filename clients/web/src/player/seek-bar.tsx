/** Shows the position and what is buffered, and seeks to any other position. */
import type { Chapter } from "@nang/api-client";
import { type CSSProperties, type PointerEvent, useState } from "react";
import { useLanguage } from "../i18n/language";
import { clockTime } from "../lib/format";
import { chapterAt, chapterTitle, startSeconds } from "./chapters";
import type { Storyboard } from "./storyboard";
import { StoryboardThumbnail } from "./storyboard-thumbnail";

interface SeekBarProps {
  positionSeconds: number;
  durationSeconds: number;
  bufferedSeconds: number;
  storyboard: Storyboard | null;
  chapters: readonly Chapter[];
  onSeek(seconds: number): void;
}

export function SeekBar({
  positionSeconds,
  durationSeconds,
  bufferedSeconds,
  storyboard,
  chapters,
  onSeek,
}: SeekBarProps) {
  const { t } = useLanguage();
  const [dragged, setDragged] = useState<number | null>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const shown = dragged ?? Math.min(positionSeconds, durationSeconds);
  const fraction = (seconds: number) => (durationSeconds > 0 ? Math.min(1, seconds / durationSeconds) : 0);

  const onPointerMove = (event: PointerEvent<HTMLInputElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setHovered(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
  };
  const commit = () => {
    if (dragged !== null) {
      onSeek(dragged);
      setDragged(null);
    }
  };

  const halfWidth = storyboard ? `max(1.75rem, ${storyboard.shownWidth / 2}px)` : "1.75rem";
  const tip = dragged !== null ? fraction(dragged) : hovered;
  const chapterOf = (seconds: number) => chapterTitle(chapters, chapterAt(chapters, seconds), t);
  const chapter = chapterOf(shown);
  const position = t.player.position(clockTime(shown), clockTime(durationSeconds));
  return (
    <div className="relative flex">
      {tip !== null && (
        <span
          aria-hidden="true"
          className="pointer-events-none absolute bottom-full grid -translate-x-1/2 justify-items-center *:col-start-1 *:row-start-1"
          style={{ left: `clamp(${halfWidth}, ${tip * 100}%, calc(100% - ${halfWidth}))` }}
        >
          {storyboard && <StoryboardThumbnail storyboard={storyboard} seconds={tip * durationSeconds} />}
          <span className="flex max-w-56 gap-1.5 self-end rounded-md bg-night/90 px-2 py-0.5 text-sm tabular-nums">
            {clockTime(tip * durationSeconds)}
            <span className="truncate">{chapterOf(tip * durationSeconds)}</span>
          </span>
        </span>
      )}
      <input
        type="range"
        className="slider"
        aria-label={t.player.seek}
        aria-valuetext={chapter ? `${position}, ${chapter}` : position}
        min={0}
        max={Math.max(durationSeconds, 0.1)}
        step="any"
        value={shown}
        style={{ "--filled": fraction(shown), "--buffered": fraction(bufferedSeconds) } as CSSProperties}
        onChange={(event) => setDragged(Number(event.currentTarget.value))}
        onPointerUp={commit}
        onTouchEnd={commit}
        onKeyUp={commit}
        onBlur={commit}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setHovered(null)}
      />
      {chapters
        .filter(({ start_ms }) => start_ms > 0)
        .map((mark) => (
          <span
            key={mark.start_ms}
            data-chapter-mark=""
            aria-hidden="true"
            className="pointer-events-none absolute top-1/2 h-2 w-0.5 -translate-1/2 bg-night"
            style={{ left: `${fraction(startSeconds(mark)) * 100}%` }}
          />
        ))}
    </div>
  );
}
