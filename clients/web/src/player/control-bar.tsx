/** The controls at the bottom of the video. Every button is 44 px high, and the row fits into 360 px. */
import type { CSSProperties } from "react";
import { useState } from "react";
import type { Dictionary } from "../i18n/en";
import { type Language, useLanguage } from "../i18n/language";
import { clockTime } from "../lib/format";
import {
  AudioIcon,
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

interface ControlBarProps {
  playback: Playback;
  state: PlaybackState;
  isFullscreen: boolean;
  onFullscreen(): void;
  onHelp(): void;
  /** While a menu is open the controls must stay visible. */
  onMenu(open: boolean): void;
}

const ROUND = "grid size-11 shrink-0 place-items-center rounded-full hover:bg-white/15";

export function ControlBar({ playback, state, isFullscreen, onFullscreen, onHelp, onMenu }: ControlBarProps) {
  const { t } = useLanguage();
  const [menu, setMenu] = useState<"quality" | "audio" | null>(null);
  const open = (name: "quality" | "audio") => (isOpen: boolean) => {
    setMenu(isOpen ? name : null);
    onMenu(isOpen);
  };
  const playing = state.phase === "playing";
  const playLabel = playing ? t.player.pause : state.phase === "ended" ? t.player.replay : t.player.play;
  const quality = qualityChoices(playback, state, t.player.auto);
  const audio = useAudioChoices(playback, state);

  return (
    <div className="pointer-events-auto px-3 pb-[max(0.25rem,env(safe-area-inset-bottom))] sm:px-5 sm:pb-2">
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
        <p className="ml-1 text-sm whitespace-nowrap tabular-nums">
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
          {audio.choices.length > 1 && (
            <Menu
              label={t.player.audio}
              value={audio.value}
              icon={<AudioIcon />}
              choices={audio.choices}
              open={menu === "audio"}
              onOpen={open("audio")}
            />
          )}
          {state.qualities.length > 0 && (
            <Menu
              label={t.player.quality}
              value={quality.value}
              icon={<QualityIcon />}
              choices={quality.choices}
              open={menu === "quality"}
              onOpen={open("quality")}
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
  const active = state.qualities.find((quality) => quality.level === state.activeLevel);
  const chosen = state.qualities.find((quality) => quality.level === state.chosenLevel);
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

function useAudioChoices(
  playback: Playback,
  state: PlaybackState,
): { value: string | null; choices: Choice[] } {
  const { t, language } = useLanguage();
  const choices = state.audioTracks.map((track) => ({
    key: String(track.id),
    label: languageName(track.language, t, language) ?? track.name,
    chosen: track.id === state.activeAudioTrack,
    choose: () => playback.chooseAudioTrack(track.id),
  }));
  // Only their names distinguish two audio tracks of the same language.
  const labels = new Set(choices.map(({ label }) => label));
  if (labels.size < choices.length) {
    choices.forEach((choice, index) => {
      choice.label = state.audioTracks[index]?.name ?? choice.label;
    });
  }
  return { value: choices.find(({ chosen }) => chosen)?.label ?? null, choices };
}

/** Browsers often lack Lao names of languages, so the texts contain the common ones. */
function languageName(tag: string | null, t: Dictionary, shownIn: Language): string | null {
  if (!tag || tag === "und") {
    return null;
  }
  const own = Object.entries(t.languages).find(([known]) => known === tag.split("-")[0])?.[1];
  if (own) {
    return own;
  }
  try {
    return new Intl.DisplayNames([shownIn], { type: "language", fallback: "none" }).of(tag) ?? null;
  } catch {
    return null;
  }
}
