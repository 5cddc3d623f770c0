/** Loads a stream and plays it: with hls.js, or with the browser's native HLS player where hls.js cannot run. */
import type Hls from "hls.js";
import { nextTask } from "../lib/next-task";
import { writeBandwidthBps } from "./bandwidth-estimate";
import { loadHls } from "./hls-module";
import { BUFFER_SECONDS, SAVING_BUFFER_SECONDS } from "./hls-settings";
import { type HlsErrorKind, loadHlsSource, openHls } from "./hls-source";
import { openNativeTracks } from "./native-tracks";
import type { PlaybackSession } from "./playback-session";
import type { PlaybackStore } from "./playback-state";
import { type EngineStats, statsOf } from "./playback-stats";
import { dataSaverLevel } from "./renditions";
import { StreamWarmUp } from "./stream-warm-up";
import type { SubtitleCues } from "./subtitle-cues";
import type { TrackSelection } from "./track-selection";

export interface PlayerEngineListeners {
  onLoaded(): void;
  onError(kind: HlsErrorKind): void;
  onUnreachable(): void;
}

export class PlayerEngine {
  readonly #video: HTMLVideoElement;
  readonly #store: PlaybackStore;
  readonly #tracks: TrackSelection;
  readonly #cues: SubtitleCues;
  readonly #listeners: PlayerEngineListeners;
  #hls: Hls | null = null;
  /** Ends listening to the native player's tracks. */
  #nativeTracks: AbortController | null = null;
  #warmUp: StreamWarmUp | null = null;
  #savesData = false;
  /** hls.js is loading from this position on. Another startLoad() would discard the requests in flight. */
  #loadsFrom: number | null = null;

  constructor(
    video: HTMLVideoElement,
    store: PlaybackStore,
    tracks: TrackSelection,
    cues: SubtitleCues,
    listeners: PlayerEngineListeners,
  ) {
    this.#video = video;
    this.#store = store;
    this.#tracks = tracks;
    this.#cues = cues;
    this.#listeners = listeners;
  }

  /** Whether hls.js plays. It can change its token during playback; the native player cannot. */
  get isHls(): boolean {
    return this.#hls !== null;
  }

  get hasPlaylist(): boolean {
    return (this.#hls?.levels.length ?? 0) > 0;
  }

  /** Loads the playlists but no segments. False if this browser cannot play the stream. */
  async open(session: PlaybackSession, isWanted: () => boolean): Promise<boolean> {
    const HlsPlayer = await loadHls();
    if (!isWanted()) {
      return true;
    }
    if (HlsPlayer.isSupported()) {
      const warmUp = new StreamWarmUp(session.currentUrl);
      const hls = openHls(HlsPlayer, session, this.#store, this.#tracks, this.#cues, warmUp, {
        onLoaded: () => this.#listeners.onLoaded(),
        onError: (source, kind) => source === this.#hls && this.#listeners.onError(kind),
        onUnreachable: () => this.#listeners.onUnreachable(),
      });
      this.#hls = hls;
      this.#warmUp = warmUp;
      hls.on(HlsPlayer.Events.MANIFEST_PARSED, () => {
        this.#limitData();
        warmUp.fetchPlaylists(hls, this.#store.get().audioTrack);
      });
      await nextTask();
      if (this.#hls === hls) {
        loadHlsSource(hls, this.#video, session);
      }
      return true;
    }
    return this.#video.canPlayType("application/vnd.apple.mpegurl") !== "";
  }

  /** Loads segments from this position on. */
  startLoad(seconds: number): void {
    if (this.#hls && this.#loadsFrom === null) {
      this.#warmUp?.fetchSegments(seconds);
      this.#loadsFrom = seconds;
      this.#hls.config.startPosition = seconds; // Before the playlist is here, hls.js forgets the argument and starts from this.
      this.#hls.startLoad(seconds);
    }
  }

  /** Whether segments are loaded from another position on than this one. */
  loadsElsewhere(seconds: number): boolean {
    return this.#loadsFrom !== null && this.#loadsFrom !== seconds;
  }

  /** Limits the automatic quality, and how far ahead it loads, so that a film needs less data. */
  saveData(savesData: boolean): void {
    this.#savesData = savesData;
    this.#limitData();
  }

  #limitData(): void {
    const hls = this.#hls;
    if (!hls) {
      return;
    }
    hls.config.maxBufferLength = this.#savesData ? SAVING_BUFFER_SECONDS : BUFFER_SECONDS;
    // hls.js itself limits the level to the size of the player, and writes that limit into the same field.
    if (this.#savesData) {
      hls.capLevelToPlayerSize = false;
      hls.autoLevelCapping = dataSaverLevel(hls.levels);
    } else if (!hls.capLevelToPlayerSize) {
      hls.autoLevelCapping = -1;
      hls.capLevelToPlayerSize = true;
    }
  }

  stats(): EngineStats {
    return statsOf(this.#video, this.#hls);
  }

  /** Loads the stream with the native player and calls `onReady` when its metadata is known. */
  loadNatively(session: PlaybackSession, onReady: () => void, signal: AbortSignal): void {
    if (session.url && !this.#hls) {
      this.#nativeTracks?.abort();
      this.#nativeTracks = new AbortController();
      openNativeTracks(this.#video, this.#nativeTracks.signal, {
        onTracks: (source) => this.#tracks.attach(source),
        onChosen: (audio, subtitles) => this.#tracks.adopt(audio, subtitles),
      });
      this.#video.src = session.url.href;
      this.#video.addEventListener("loadedmetadata", onReady, { once: true, signal });
    }
  }

  stopLoad(): void {
    this.#loadsFrom = null;
    this.#hls?.stopLoad();
    // Segments of another position would take the link from those that are wanted now.
    this.#warmUp?.abort();
  }

  /** Recovers from a decoder error. */
  recover(): void {
    this.#hls?.recoverMediaError();
  }

  /** Detaches the stream from the video element. */
  close(): void {
    this.#loadsFrom = null;
    this.#warmUp?.abort();
    this.#nativeTracks?.abort();
    this.#cues.clear();
    if (this.#hls) {
      writeBandwidthBps(this.#hls.bandwidthEstimate);
      this.#hls.destroy();
      this.#hls = null;
    } else if (this.#video.hasAttribute("src")) {
      this.#video.removeAttribute("src");
      this.#video.load();
    }
  }

  chooseLevel(level: number | null): void {
    if (this.#hls) {
      this.#hls.nextLevel = level ?? -1;
      this.#store.set({ chosenLevel: level });
    }
  }
}
