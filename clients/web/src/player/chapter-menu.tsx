/** The menu that jumps to a chapter. */
import { useLanguage } from "../i18n/language";
import { clockTime } from "../lib/format";
import { ChaptersIcon } from "../ui/icons";
import { chapterAt, chapterTitle, startSeconds } from "./chapters";
import { Menu } from "./menu";
import type { Playback } from "./playback";
import type { PlaybackState } from "./playback-state";

interface ChapterMenuProps {
  playback: Playback;
  state: PlaybackState;
  /** Whether the button is wide enough for the title. */
  isValueShown: boolean;
  open: boolean;
  onOpen(open: boolean): void;
}

export function ChapterMenu({ playback, state, isValueShown, open, onOpen }: ChapterMenuProps) {
  const { t } = useLanguage();
  const { chapters } = state;
  if (chapters.length === 0) {
    return null;
  }
  const at = chapterAt(chapters, state.positionSeconds);
  const choices = chapters.map((chapter, index) => ({
    key: String(chapter.start_ms),
    label: chapterTitle(chapters, index, t) ?? "",
    hint: clockTime(startSeconds(chapter)),
    chosen: index === at,
    choose: () => playback.seekTo(startSeconds(chapter)),
  }));
  return (
    <Menu
      label={t.player.chapters}
      value={chapterTitle(chapters, at, t)}
      isValueShown={isValueShown}
      icon={<ChaptersIcon />}
      groups={[{ label: t.player.chapters, choices }]}
      open={open}
      onOpen={onOpen}
    />
  );
}
