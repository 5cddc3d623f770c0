/** Shows the film on a phone's lock screen with its poster and position, and handles the keys there and of headphones. */
import { useEffect } from "react";
import type { Playback } from "./playback";
import type { PlaybackState } from "./playback-state";

const STEP_SECONDS = 10;

interface Shown {
  title: string;
  /** The second line: the film's other title, or its director. */
  subtitle?: string | undefined;
  /** Address of an image. */
  artwork?: string | undefined;
}

export function useMediaSession(
  { title, subtitle, artwork }: Shown,
  playback: Playback,
  state: PlaybackState,
  onNextFilm: (() => void) | null,
): void {
  const hasStarted = state.phase !== "idle";

  useEffect(() => {
    if (!("mediaSession" in navigator) || !hasStarted) {
      return;
    }
    const { mediaSession } = navigator;
    mediaSession.metadata = new MediaMetadata({
      title,
      ...(subtitle && { artist: subtitle }),
      ...(artwork && { artwork: [{ src: artwork }] }),
    });
    return () => {
      mediaSession.metadata = null;
    };
  }, [title, subtitle, artwork, hasStarted]);

  useEffect(() => {
    if (!("mediaSession" in navigator) || !hasStarted) {
      return;
    }
    const handlers: [MediaSessionAction, MediaSessionActionHandler | null][] = [
      ["play", () => playback.play()],
      ["pause", () => playback.pause()],
      ["stop", () => playback.pause()],
      ["seekbackward", ({ seekOffset }) => playback.seekBy(-(seekOffset ?? STEP_SECONDS))],
      ["seekforward", ({ seekOffset }) => playback.seekBy(seekOffset ?? STEP_SECONDS)],
      ["seekto", ({ seekTime }) => seekTime !== undefined && playback.seekTo(seekTime)],
      ["nexttrack", onNextFilm],
    ];
    for (const [action, handler] of handlers) {
      setHandler(action, handler);
    }
    return () => {
      for (const [action] of handlers) {
        setHandler(action, null);
      }
    };
  }, [playback, hasStarted, onNextFilm]);

  const position = Math.floor(state.positionSeconds);
  const { durationSeconds, speed, phase } = state;
  useEffect(() => {
    if (!("mediaSession" in navigator) || !hasStarted) {
      return;
    }
    navigator.mediaSession.playbackState = phase === "playing" ? "playing" : "paused";
    if (durationSeconds > 0) {
      navigator.mediaSession.setPositionState?.({
        duration: durationSeconds,
        playbackRate: speed,
        position: Math.min(position, durationSeconds),
      });
    }
  }, [position, durationSeconds, speed, phase, hasStarted]);
}

/** A browser throws at an action that it does not know. */
function setHandler(action: MediaSessionAction, handler: MediaSessionActionHandler | null): void {
  try {
    navigator.mediaSession.setActionHandler(action, handler);
  } catch {
    // This browser has no such key.
  }
}
