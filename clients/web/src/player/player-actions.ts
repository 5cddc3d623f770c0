/** Does what a key means, and says what it changed. */
import type { Dictionary } from "../i18n/en";
import { type Language, useLanguage } from "../i18n/language";
import { clockTime } from "../lib/format";
import { chapterAt, chapterStep, chapterTitle } from "./chapters";
import type { PlayerAction } from "./keys";
import type { Playback } from "./playback";
import type { PlaybackState } from "./playback-state";
import { trackLabels, trackText } from "./track-labels";

/** What the page around the playback does. */
export interface PageActions {
  toggleFullscreen(): void;
  togglePictureInPicture(): void;
  playNextFilm(): void;
  toggleStats(): void;
  showHelp(): void;
}

export function act(action: PlayerAction, playback: Playback, page: PageActions): void {
  const state = playback.getState();
  switch (action.do) {
    case "toggle":
      playback.toggle();
      break;
    case "seek-by":
      playback.seekBy(action.seconds);
      break;
    case "seek-to":
      playback.seekTo(action.fraction * state.durationSeconds);
      break;
    case "chapter": {
      const seconds = chapterStep(state.chapters, state.positionSeconds, action.step);
      if (seconds !== null) {
        playback.seekTo(seconds);
      }
      break;
    }
    case "volume-by":
      playback.setVolume(changedVolume(state, action.change));
      break;
    case "mute":
      playback.setMuted(!state.muted);
      break;
    case "toggle-subtitles":
      playback.tracks.toggleSubtitles();
      break;
    case "faster":
      playback.settings.changeSpeed(1);
      break;
    case "slower":
      playback.settings.changeSpeed(-1);
      break;
    case "picture-in-picture":
      page.togglePictureInPicture();
      break;
    case "next-film":
      page.playNextFilm();
      break;
    case "fullscreen":
      page.toggleFullscreen();
      break;
    case "stats":
      page.toggleStats();
      break;
    case "help":
      page.showHelp();
      break;
  }
}

/** Changes the volume in steps of 5 %, starting from 0 if the audio is muted. */
function changedVolume(state: PlaybackState, change: number): number {
  const volume = (state.muted ? 0 : state.volume) + change;
  return Math.min(1, Math.max(0, Math.round(volume * 20) / 20));
}

export function positionText({ positionSeconds, durationSeconds }: PlaybackState): string {
  return `${clockTime(positionSeconds)} / ${clockTime(durationSeconds)}`;
}

/** `before` and `after`: the state before and after the action. */
export function useActionText(): (
  action: PlayerAction,
  before: PlaybackState,
  after: PlaybackState,
) => string | null {
  const { t, language } = useLanguage();
  return (action, before, after) => actionText(action, before, after, t, language);
}

function actionText(
  action: PlayerAction,
  before: PlaybackState,
  after: PlaybackState,
  t: Dictionary,
  language: Language,
): string | null {
  switch (action.do) {
    case "seek-by":
    case "seek-to":
      return positionText(after);
    case "chapter": {
      const title = chapterTitle(after.chapters, chapterAt(after.chapters, after.positionSeconds), t);
      return title && `${title} · ${positionText(after)}`;
    }
    case "volume-by":
      return t.player.volumeIs(Math.round(changedVolume(before, action.change) * 100));
    case "mute":
      return before.muted ? t.player.volumeIs(Math.round(before.volume * 100)) : t.player.muted;
    case "faster":
    case "slower":
      return `${t.player.speed}: ${after.speed}×`;
    case "toggle-subtitles": {
      const labels = trackLabels(after.subtitleTracks, t, language);
      const chosen = labels[after.subtitleTracks.findIndex(({ key }) => key === after.subtitleTrack)];
      if (after.subtitleTracks.length === 0) {
        return after.phase === "idle" ? null : t.player.noSubtitles;
      }
      return t.player.subtitlesAre(chosen ? trackText(chosen) : t.player.off);
    }
    default:
      return null;
  }
}
