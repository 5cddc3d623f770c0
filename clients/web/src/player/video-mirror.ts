/** Copies what a video element does into the state of a playback, and reports what the playback must act on. */
import type { PlaybackStore } from "./playback-state";
import { bufferedEnd, onVideo } from "./video-element";

export interface VideoListeners {
  /** The element is at the viewer's position, no longer at its initial zero. */
  isPositioned(): boolean;
  hasStarted(): boolean;
  onPositioned(): void;
  /** The position changed: by playing, or (discontinuous) by a pause or a seek. */
  onMoved(isDiscontinuous: boolean): void;
  onPaused(): void;
  onEnded(): void;
  onError(): void;
}

/** Mirrors the element until `signal` aborts. */
export function mirrorVideo(
  video: HTMLVideoElement,
  store: PlaybackStore,
  signal: AbortSignal,
  listeners: VideoListeners,
): void {
  const on = (names: (keyof HTMLMediaElementEventMap)[], listener: () => void) =>
    onVideo(video, signal, names, listener);
  on(["timeupdate"], () => {
    if (listeners.isPositioned()) {
      store.set({ positionSeconds: video.currentTime, bufferedSeconds: bufferedEnd(video) });
      listeners.onMoved(false);
    }
  });
  on(["progress"], () => store.set({ bufferedSeconds: bufferedEnd(video) }));
  on(["durationchange"], () => {
    if (Number.isFinite(video.duration) && video.duration > 0) {
      store.set({ durationSeconds: video.duration });
    }
  });
  on(["volumechange"], () => store.set({ volume: video.volume, muted: video.muted }));
  on(["waiting", "seeking"], () => store.set({ waiting: store.get().phase === "playing" || video.seeking }));
  on(["playing", "canplay", "seeked"], () => store.set({ waiting: false }));
  on(["playing"], () => listeners.onPositioned());
  on(["play"], () => store.set({ phase: "playing" }));
  on(["pause"], () => {
    if (store.get().phase === "playing" && !video.ended && listeners.hasStarted()) {
      listeners.onPaused();
      store.set({ phase: "paused", waiting: false });
    }
    listeners.onMoved(true);
  });
  on(["seeked"], () => listeners.onMoved(true));
  on(["ended"], () => {
    store.set({ phase: "ended", waiting: false });
    listeners.onEnded();
  });
  on(["error"], () => listeners.onError());
}
