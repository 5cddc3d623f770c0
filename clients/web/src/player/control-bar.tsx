/** The controls at the bottom of the video. Every button is 44 px high, and the row fits into 360 px. */
import type { CSSProperties } from "react";
import { useEffect, useRef } from "react";
import { useLanguage } from "../i18n/language";
import { clockTime } from "../lib/format";
import { useElementSize } from "../lib/use-element-size";
import {
  FullscreenIcon,
  KeyboardIcon,
  LeaveFullscreenIcon,
  MutedIcon,
  PauseIcon,
  PlayIcon,
  QualityIcon,
  ReplayIcon,
  VolumeIcon,
} from "../ui/icons";
import { type Choice, Menu } from "./menu";
import type { Playback } from "./playback";
import type { PlaybackState } from "./playback-state";
import { SeekBar } from "./seek-bar";
import { type TrackMenuName, TrackMenus } from "./track-menu";

export type MenuName = TrackMenuName | "quality";

interface ControlBarProps {
  playback: Playback;
  state: PlaybackState;
  isFullscreen: boolean;
  onFullscreen(): void;
  onHelp(): void;
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
  onHelp,
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
  const quality = qualityChoices(playback, state, t.player.auto);

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
        onSeek={(seconds) => playback.seekTo(seconds)}
      />
      <div className="-mx-1.5 flex items-center gap-0.5">
        <button type="button" className={ROUND} aria-label={playLabel} onClick={() => playback.toggle()}>
          {playing ? <PauseIcon /> : state.phase === "ended" ? <ReplayIcon /> : <PlayIcon />}
        </button>
        <Volume playback={playback} state={state} />
        <p className="ml-1 text-sm whitespace-nowrap tabular-nums max-xs:text-xs">
          {clockTime(state.positionSeconds)}
          <span className="text-soft"> / {clockTime(state.durationSeconds)}</span>
        </p>
        <div className="ml-auto flex items-center">
          <button
            type="button"
            className={`${ROUND} max-md:hidden pointer-coarse:hidden`}
            aria-label={t.player.keyboard}
            onClick={onHelp}
          >
            <KeyboardIcon />
          </button>
          <TrackMenus
            playback={playback}
            state={state}
            isNarrow={width < NARROW_PX}
            openMenu={menu}
            onOpen={onMenu}
          />
          {state.qualities.length > 0 && (
            <Menu
              label={t.player.quality}
              value={quality.value}
              icon={<QualityIcon />}
              groups={[{ label: t.player.quality, choices: quality.choices }]}
              open={menu === "quality"}
              onOpen={(isOpen) => onMenu(isOpen ? "quality" : null)}
            />
          )}
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

function qualityChoices(
  playback: Playback,
  state: PlaybackState,
  auto: string,
): { value: string; choices: Choice[] } {
  const withLevel = (level: number | null) =>
    state.qualities.find(({ levels }) => level !== null && levels.includes(level));
  const active = withLevel(state.activeLevel);
  const chosen = withLevel(state.chosenLevel);
  const automatic: Choice = {
    key: "auto",
    label: auto,
    ...(active && !chosen ? { hint: active.name } : {}),
    chosen: !chosen,
    choose: () => playback.chooseLevel(null),
  };
  const fixed = state.qualities.map((quality) => ({
    key: String(quality.level),
    label: quality.name,
    chosen: quality === chosen,
    choose: () => playback.chooseLevel(quality.level),
  }));
  return { value: chosen?.name ?? active?.name ?? auto, choices: [automatic, ...fixed] };
}
