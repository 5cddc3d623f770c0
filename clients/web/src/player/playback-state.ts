/** The state of a playback: an immutable snapshot that is replaced as a whole, and its listeners. */
import type { Chapter, Film } from "@nang/api-client";
import type { Failure } from "./failure";
import type { AudioTrack, Quality, SubtitleTrack } from "./renditions";
import type { Storyboard } from "./storyboard";
import { DEFAULT_STYLE, type Speed, type SubtitleStyle } from "./viewing-preferences";

export type Phase = "idle" | "playing" | "paused" | "ended" | "failed";

export interface PlaybackState {
  phase: Phase;
  /** The film should play but has nothing to show yet. */
  waiting: boolean;
  positionSeconds: number;
  durationSeconds: number;
  bufferedSeconds: number;
  /** While idle: the position at which play starts. */
  resumeSeconds: number;
  volume: number;
  muted: boolean;
  qualities: Quality[];
  /** The level that the viewer chose, or null for automatic. */
  chosenLevel: number | null;
  /** The level that is shown now, or null before the first frame. */
  activeLevel: number | null;
  speed: Speed;
  /** The quality is limited, so that the film needs less data. */
  savesData: boolean;
  audioTracks: AudioTrack[];
  /** The key of the audio track that plays. */
  audioTrack: string | null;
  subtitleTracks: SubtitleTrack[];
  /** The key of the subtitle track that is on, or null if subtitles are off. A forced track may be shown then. */
  subtitleTrack: string | null;
  /** The language of the track that is shown, forced or not. */
  subtitleLanguage: string | null;
  subtitleStyle: SubtitleStyle;
  /** Whether this player draws the subtitles, not the browser. */
  drawsSubtitles: boolean;
  /** The cues to draw now. */
  cues: readonly VTTCue[];
  /** Where the end credits begin; null if that is not known. */
  creditsSeconds: number | null;
  /** The film after this one on an editors' shelf. */
  nextFilm: Film | null;
  /** The thumbnails for the seek bar, once known; null if the film has none. */
  storyboard: Storyboard | null;
  /** The chapters, once known; empty if the film has none. */
  chapters: readonly Chapter[];
  /** The server could not be reached, and nothing was loaded since. */
  isLost: boolean;
  /** While the connection is lost: the time of the next retry (milliseconds since 1970); null during a retry. */
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
      speed: 1,
      savesData: false,
      audioTracks: [],
      audioTrack: null,
      subtitleTracks: [],
      subtitleTrack: null,
      subtitleLanguage: null,
      subtitleStyle: DEFAULT_STYLE,
      drawsSubtitles: true,
      cues: [],
      creditsSeconds: null,
      nextFilm: null,
      storyboard: null,
      chapters: [],
      isLost: false,
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
