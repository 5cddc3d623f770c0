/** The controls at the bottom of the video. Every button is 44 px high, and the row fits into 360 px. */
import type { CSSProperties } from "react";
import { useEffect, useRef } from "react";
import { useLanguage } from "../i18n/language";
import { clockTime } from "../lib/format";
import { useElementSize } from "../lib/use-element-size";
import {
  FullscreenIcon,
  LeaveFullscreenIcon,
  MutedIcon,
  PauseIcon,
  PlayIcon,
  ReplayIcon,
  VolumeIcon,
} from "../ui/icons";
import { ChapterMenu } from "./chapter-menu";
import type { Playback } from "./playback";
import type { PlaybackState } from "./playback-state";
import { SeekBar } from "./seek-bar";
import { SettingsMenu, type SettingsMenuProps } from "./settings-menu";
import { type TrackMenuName, TrackMenus } from "./track-menu";

export type MenuName = TrackMenuName | "chapters" | "settings";

interface ControlBarProps {
  playback: Playback;
  state: PlaybackState;
  isFullscreen: boolean;
  onFullscreen(): void;
  settings: Pick<SettingsMenuProps, "pictureInPicture" | "remote" | "onStats" | "onHelp">;
  /** The open menu. While it is open the controls must stay visible. */
  menu: MenuName | null;
  onMenu(menu: MenuName | null): void;
  /** In pixels. Subtitles are above the controls. */
  onHeight(height: number): void;
}

const ROUND = "grid size-11 shrink-0 place-items-center rounded-full hover:bg-white/15";

/** Below this width one menu has the audio and subtitle tracks, because a row of all buttons would be too wide. */
const NARROW_PX = 560;

export function ControlBar({
  playback,
  state,
  isFullscreen,
  onFullscreen,
  settings,
  menu,
  onMenu,
  onHeight,
}: ControlBarProps) {
  const { t } = useLanguage();
  const bar = useRef<HTMLDivElement>(null);
  const { width, height } = useElementSize(bar);
  useEffect(() => onHeight(height), [onHeight, height]);
  const playing = state.phase === "playing";
  const playLabel = playing ? t.player.pause : state.phase === "ended" ? t.player.replay : t.player.play;

  return (
    <div
      ref={bar}
      className="pointer-events-auto px-3 pb-[max(0.25rem,env(safe-area-inset-bottom))] sm:px-5 sm:pb-2"
    >
      <SeekBar
        positionSeconds={state.positionSeconds}
        durationSeconds={state.durationSeconds}
        bufferedSeconds={state.bufferedSeconds}
        storyboard={state.storyboard}
        chapters={state.chapters}
        onSeek={(seconds) => playback.seekTo(seconds)}
      />
      <div className="-mx-1.5 flex items-center gap-0.5">
        <button type="button" className={ROUND} aria-label={playLabel} onClick={() => playback.toggle()}>
          {playing ? <PauseIcon /> : state.phase === "ended" ? <ReplayIcon /> : <PlayIcon />}
        </button>
        <Volume playback={playback} state={state} />
        <p className="ml-1 text-sm whitespace-nowrap tabular-nums max-xs:text-xs">
          {clockTime(state.positionSeconds)}
          {/* On phones the button of the chapters needs this space. */}
          <span className={`text-soft ${state.chapters.length > 0 ? "max-xs:hidden" : ""}`}>
            {" "}
            / {clockTime(state.durationSeconds)}
          </span>
        </p>
        <div className="ml-auto flex items-center">
          <ChapterMenu
            playback={playback}
            state={state}
            isValueShown={width >= NARROW_PX}
            open={menu === "chapters"}
            onOpen={(isOpen) => onMenu(isOpen ? "chapters" : null)}
          />
          <TrackMenus
            playback={playback}
            state={state}
            isNarrow={width < NARROW_PX}
            openMenu={menu}
            onOpen={onMenu}
          />
          <SettingsMenu
            {...settings}
            playback={playback}
            state={state}
            open={menu === "settings"}
            onOpen={(isOpen) => onMenu(isOpen ? "settings" : null)}
          />
          <button
            type="button"
            className={ROUND}
            aria-label={isFullscreen ? t.player.leaveFullscreen : t.player.fullscreen}
            onClick={onFullscreen}
          >
            {isFullscreen ? <LeaveFullscreenIcon /> : <FullscreenIcon />}
          </button>
        </div>
      </div>
    </div>
  );
}

function Volume({ playback, state }: { playback: Playback; state: PlaybackState }) {
  const { t } = useLanguage();
  const silent = state.muted || state.volume === 0;
  const shown = silent ? 0 : state.volume;
  return (
    <div className="group flex items-center">
      <button
        type="button"
        className={ROUND}
        aria-label={silent ? t.player.unmute : t.player.mute}
        onClick={() => playback.setMuted(!silent)}
      >
        {silent ? <MutedIcon /> : <VolumeIcon />}
      </button>
      {/* Phones have buttons for the volume. */}
      <input
        type="range"
        className="slider mr-2 max-w-20 max-md:hidden pointer-coarse:hidden"
        aria-label={t.player.volume}
        aria-valuetext={t.player.volumeIs(Math.round(shown * 100))}
        min={0}
        max={1}
        step={0.05}
        value={shown}
        style={{ "--filled": shown } as CSSProperties}
        onChange={(event) => playback.setVolume(Number(event.currentTarget.value))}
      />
    </div>
  );
}
