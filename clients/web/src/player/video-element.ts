/** Helpers for a video element. */

/** The end of the buffered range that contains the playhead, in seconds; 0 if no range contains it. */
export function bufferedEnd(video: Pick<HTMLVideoElement, "buffered" | "currentTime">): number {
  const { buffered, currentTime } = video;
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= currentTime + 0.1 && currentTime <= buffered.end(index)) {
      return buffered.end(index);
    }
  }
  return 0;
}

/** Calls `listener` on any of these events until `signal` aborts. */
export function onVideo(
  video: HTMLVideoElement,
  signal: AbortSignal,
  names: readonly (keyof HTMLMediaElementEventMap)[],
  listener: () => void,
): void {
  for (const name of names) {
    video.addEventListener(name, listener, { signal });
  }
}

/** Sets the volume (0 to 1); a volume of zero mutes. */
export function setVolume(video: HTMLVideoElement, volume: number): void {
  video.volume = Math.min(1, Math.max(0, volume));
  video.muted = video.volume === 0;
}

/** Mutes or unmutes. Unmuting a volume of zero makes it audible. */
export function setMuted(video: HTMLVideoElement, muted: boolean): void {
  video.muted = muted;
  if (!muted && video.volume === 0) {
    video.volume = 0.5;
  }
}
