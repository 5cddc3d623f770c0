/** What fetches a stream and shows it: hls.js, or the device's own player where hls.js cannot run. */
import type Hls from "hls.js";
import { loadHls } from "./hls-module";
import { type HlsTrouble, openHls } from "./hls-source";
import { writeMeasuredBps } from "./measured-link";
import type { PlaybackStore } from "./playback-state";
import type { StreamRight } from "./stream-right";

export interface PictureListeners {
  onLoaded(): void;
  onTrouble(trouble: HlsTrouble): void;
}

export class Picture {
  readonly #video: HTMLVideoElement;
  readonly #store: PlaybackStore;
  readonly #listeners: PictureListeners;
  #hls: Hls | null = null;
  /** hls.js is fetching; starting it again would throw away what is on its way. */
  #isFetching = false;

  constructor(video: HTMLVideoElement, store: PlaybackStore, listeners: PictureListeners) {
    this.#video = video;
    this.#store = store;
    this.#listeners = listeners;
  }

  /** hls.js shows it; it can change its token while it plays, which the device's own player cannot. */
  get isHls(): boolean {
    return this.#hls !== null;
  }

  get hasPlaylist(): boolean {
    return (this.#hls?.levels.length ?? 0) > 0;
  }

  /** Gets the stream ready without fetching pictures. False if this browser can show none. */
  async open(right: StreamRight, isWanted: () => boolean): Promise<boolean> {
    const HlsPlayer = await loadHls();
    if (!isWanted()) {
      return true;
    }
    if (HlsPlayer.isSupported()) {
      const hls = openHls(HlsPlayer, this.#video, right, this.#store, {
        onLoaded: () => this.#listeners.onLoaded(),
        onTrouble: (teller, trouble) => teller === this.#hls && this.#listeners.onTrouble(trouble),
      });
      this.#hls = hls;
      return true;
    }
    return this.#video.canPlayType("application/vnd.apple.mpegurl") !== "";
  }

  /** Fetches pictures from this place on. */
  fetchFrom(seconds: number): void {
    if (this.#hls && !this.#isFetching) {
      this.#isFetching = true;
      this.#hls.startLoad(seconds);
    }
  }

  /** Has the device's own player fetch them, which then says where it begins. */
  fetchByDevice(right: StreamRight, onReady: () => void, signal: AbortSignal): void {
    if (right.url && !this.#hls) {
      this.#video.src = right.url.href;
      this.#video.addEventListener("loadedmetadata", onReady, { once: true, signal });
    }
  }

  stopFetching(): void {
    this.#isFetching = false;
    this.#hls?.stopLoad();
  }

  /** After a decoder's error. */
  recover(): void {
    this.#hls?.recoverMediaError();
  }

  /** Takes everything from the video element again. */
  close(): void {
    this.#isFetching = false;
    if (this.#hls) {
      writeMeasuredBps(this.#hls.bandwidthEstimate);
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

  chooseAudioTrack(track: number): void {
    if (this.#hls) {
      this.#hls.audioTrack = track;
    }
  }
}
