/** What is known about a film being watched: an immutable snapshot, replaced as a whole, and who wants to hear of it. */
import type { Failure } from "./failure";
import type { AudioTrack, Quality } from "./renditions";
import type { Storyboard } from "./storyboard";

export type Phase = "idle" | "playing" | "paused" | "ended" | "failed";

export interface PlaybackState {
  phase: Phase;
  /** The film should be running and there is nothing to show yet. */
  waiting: boolean;
  positionSeconds: number;
  durationSeconds: number;
  bufferedSeconds: number;
  /** Where pressing play will begin, while idle. */
  resumeSeconds: number;
  volume: number;
  muted: boolean;
  qualities: Quality[];
  /** Level the viewer chose, or null for automatic. */
  chosenLevel: number | null;
  /** Level on the screen now, or null before the first picture. */
  activeLevel: number | null;
  audioTracks: AudioTrack[];
  activeAudioTrack: number | null;
  /** Pictures for the seek bar, if the film has any and it is known already. */
  storyboard: Storyboard | null;
  /** The connection is lost; it is tried again at this time (milliseconds since 1970). */
  retryAt: number | null;
  failure: Failure | null;
}

export class PlaybackStore {
  #state: PlaybackState;
  readonly #listeners = new Set<() => void>();

  constructor(durationSeconds: number, resumeSeconds: number, video: HTMLVideoElement) {
    this.#state = {
      phase: "idle",
      waiting: false,
      positionSeconds: resumeSeconds,
      durationSeconds,
      bufferedSeconds: 0,
      resumeSeconds,
      volume: video.volume,
      muted: video.muted,
      qualities: [],
      chosenLevel: null,
      activeLevel: null,
      audioTracks: [],
      activeAudioTrack: null,
      storyboard: null,
      retryAt: null,
      failure: null,
    };
  }

  get = (): PlaybackState => this.#state;

  set(change: Partial<PlaybackState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) {
      listener();
    }
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  close(): void {
    this.#listeners.clear();
  }
}
