/**
 * One film being watched: a video element, hls.js or the device's own player, and the right to stream.
 *
 * No user interface here. The state is an immutable snapshot with listeners; what a person can do are methods. The right
 * to stream is asked for through `authorise` and renewed before it ends; a refused request asks once more, then says so.
 * A lost connection is retried for as long as it takes, while what is buffered goes on playing.
 */
import { ApiError, type Stream } from "@nang/api-client";
import type Hls from "hls.js";
import { loadHls } from "./hls-module";
import { type HlsTrouble, openHls } from "./hls-source";
import { writeMeasuredBps } from "./measured-link";
import { listenToPage } from "./page-signals";
import { type Failure, type PlaybackState, PlaybackStore } from "./playback-state";
import type { ResumeStore } from "./resume";
import { retryDelayMs } from "./retry-delay";
import { Storyboard } from "./storyboard";
import { StreamRight } from "./stream-right";
import { bufferedEnd, onVideo } from "./video-element";

export interface PlaybackOptions {
  filmId: string;
  durationSeconds: number;
  authorise(): Promise<Stream>;
  resume: ResumeStore;
}

const SAVE_EVERY_MS = 3_000;
const MEDIA_RECOVERIES = 2;
/** Tries after which trouble that is not the link's is called a failure. */
const PATIENCE = 3;

export class Playback {
  readonly #store: PlaybackStore;
  readonly #video: HTMLVideoElement;
  readonly #options: PlaybackOptions;
  readonly #teardown = new AbortController();

  #hls: Hls | null = null;
  readonly #right: StreamRight;
  #loading: Promise<void> | null = null;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #reauthorised = false;
  #mediaRecoveries = 0;
  /** A request for a new right is under way; other refusals meanwhile have the same cause. */
  #reauthorising = false;
  #wantsToPlay = false;
  /** Pictures were asked for. */
  #started = false;
  /** hls.js is fetching; starting it again would throw away what is on its way. */
  #fetching = false;
  /** The video element stands where the viewer is, not at the zero it begins with. */
  #placed = false;
  #savedAt = 0;

  constructor(video: HTMLVideoElement, options: PlaybackOptions) {
    this.#video = video;
    this.#options = options;
    this.#right = new StreamRight(options.authorise, () => this.#renewInTime());
    const resumeSeconds = options.resume.read(options.filmId, options.durationSeconds);
    this.#store = new PlaybackStore(options.durationSeconds, resumeSeconds, video);
    this.#listenToVideo();
    listenToPage(
      {
        onLeave: () => this.#save(true),
        onReturn: () => this.#right.isDue && this.#renewInTime(), // A sleeping phone's timers sleep too.
        onOnline: () => this.#state.retryAt !== null && this.retry(),
      },
      this.#teardown.signal,
    );
  }

  get getState(): () => PlaybackState {
    return this.#store.get;
  }

  get subscribe(): (listener: () => void) => () => void {
    return this.#store.subscribe;
  }

  /** Gets everything but pictures ready, so that play is quick. Says nothing if it fails: play will try again. */
  async prepare(): Promise<void> {
    try {
      await this.#load();
    } catch {
      this.#unload();
    }
  }

  /** Starts or goes on; `fromSeconds` overrides the kept place. */
  play(fromSeconds?: number): void {
    this.#wantsToPlay = true;
    if (fromSeconds !== undefined && !this.#started) {
      this.#set({ resumeSeconds: fromSeconds, positionSeconds: fromSeconds });
    }
    if (this.#state.phase === "ended") {
      this.seekTo(0);
    }
    this.#set({ phase: "playing", waiting: this.#video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA });
    // Asked for within the tap itself, or a phone will not allow it later.
    this.#playVideo();
    void this.#start();
  }

  pause(): void {
    this.#wantsToPlay = false;
    this.#video.pause();
    this.#set({ phase: this.#started ? "paused" : "idle", waiting: false });
  }

  toggle(): void {
    if (this.#state.phase === "playing") {
      this.pause();
    } else if (this.#state.phase !== "failed") {
      this.play();
    }
  }

  seekTo(seconds: number): void {
    const target = Math.min(Math.max(0, seconds), Math.max(0, this.#state.durationSeconds - 0.1));
    this.#set({ positionSeconds: target, ...(this.#started ? {} : { resumeSeconds: target }) });
    if (this.#started) {
      this.#video.currentTime = target;
      if (this.#state.phase === "ended") {
        this.#set({ phase: "paused" });
      }
    }
  }

  seekBy(seconds: number): void {
    this.seekTo(this.#state.positionSeconds + seconds);
  }

  setVolume(volume: number): void {
    this.#video.volume = Math.min(1, Math.max(0, volume));
    this.#video.muted = this.#video.volume === 0;
  }

  setMuted(muted: boolean): void {
    this.#video.muted = muted;
    if (!muted && this.#video.volume === 0) {
      this.#video.volume = 0.5;
    }
  }

  chooseLevel(level: number | null): void {
    if (this.#hls) {
      this.#hls.nextLevel = level ?? -1;
      this.#set({ chosenLevel: level });
    }
  }

  chooseAudioTrack(track: number): void {
    if (this.#hls) {
      this.#hls.audioTrack = track;
    }
  }

  /** Tries again now, after a failure or while waiting for the connection. */
  retry(): void {
    clearTimeout(this.#retryTimer);
    const afterFailure = this.#state.failure !== null;
    this.#set({ failure: null, retryAt: null });
    if (afterFailure) {
      this.#reauthorised = false;
      this.#mediaRecoveries = 0;
      this.#failures = 0;
      this.#unload();
    }
    if (this.#wantsToPlay || afterFailure) {
      this.play();
    } else {
      void this.#start();
    }
  }

  destroy(): void {
    this.#save(true);
    this.#teardown.abort();
    this.#store.close();
    clearTimeout(this.#retryTimer);
    this.#unload();
  }

  async #start(): Promise<void> {
    try {
      if (this.#right.isDue) {
        await this.#renew();
      }
      await this.#load();
      if (this.#teardown.signal.aborted || this.#state.phase === "failed") {
        return;
      }
      if (this.#hls && !this.#fetching) {
        this.#fetching = true;
        this.#hls.startLoad(this.#started ? this.#video.currentTime : this.#state.resumeSeconds);
      }
      if (!this.#started) {
        this.#started = true;
        if (!this.#hls) {
          this.#startNative(this.#state.resumeSeconds);
        }
      }
      if (this.#wantsToPlay) {
        this.#playVideo();
      }
    } catch (error) {
      this.#meet(error);
    }
  }

  /** Right to stream, playing machinery and multivariant playlist. Shared by whoever asks while it is under way. */
  #load(): Promise<void> {
    if (this.#right.url && !this.#loading) {
      return Promise.resolve();
    }
    this.#loading ??= this.#loadOnce().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #loadOnce(): Promise<void> {
    const [stream, HlsPlayer] = await Promise.all([this.#right.obtain(), loadHls()]);
    if (this.#teardown.signal.aborted) {
      this.#right.drop();
      return;
    }
    if (stream.duration_ms > 0) {
      this.#set({ durationSeconds: stream.duration_ms / 1000 });
    }
    const { storyboard } = stream;
    this.#set({ storyboard: storyboard && new Storyboard(storyboard, this.#right.currentAddress) });
    if (HlsPlayer.isSupported()) {
      this.#hls = openHls(HlsPlayer, this.#video, this.#right, this.#store, {
        onLoaded: () => this.#onLoaded(),
        onTrouble: (hls, trouble) => this.#onHlsTrouble(hls, trouble),
      });
    } else if (this.#video.canPlayType("application/vnd.apple.mpegurl") === "") {
      this.#right.drop();
      this.#fail({ kind: "unsupported", detail: null });
    }
  }

  #startNative(fromSeconds: number): void {
    const video = this.#video;
    if (!this.#right.url) {
      return;
    }
    video.src = this.#right.url.href;
    if (fromSeconds > 0) {
      video.addEventListener("loadedmetadata", () => this.seekTo(fromSeconds), {
        once: true,
        signal: this.#teardown.signal,
      });
    }
  }

  #unload(): void {
    this.#right.drop();
    this.#placed = false;
    this.#fetching = false;
    if (this.#hls) {
      writeMeasuredBps(this.#hls.bandwidthEstimate);
      this.#hls.destroy();
      this.#hls = null;
    } else if (this.#video.hasAttribute("src")) {
      this.#video.removeAttribute("src");
      this.#video.load();
    }
    if (this.#started) {
      this.#started = false;
      this.#set({ resumeSeconds: this.#state.positionSeconds });
    }
  }

  #playVideo(): void {
    if (!this.#video.currentSrc && !this.#video.src) {
      return;
    }
    this.#video.play().catch((error: unknown) => {
      // An AbortError is a play that was overtaken by a pause or a new source.
      if (error instanceof DOMException && error.name === "NotAllowedError") {
        this.pause();
      }
    });
  }

  /** The device's own player cannot change its token while it plays: it goes on until it is refused. */
  #renewInTime(): void {
    if (!this.#hls || this.#state.phase !== "playing") {
      return; // play() looks at the clock itself.
    }
    this.#renew().catch(() => this.#right.postpone());
  }

  async #renew(): Promise<void> {
    const before = this.#right.url;
    const after = (await this.#right.obtain()).address;
    if (before && (!this.#hls || before.build !== after.build || before.prefix !== after.prefix)) {
      // Another build was published meanwhile (or there is no way to swap a token): begin again at the same place.
      this.#unload();
    }
  }

  /** A request was refused: the token ran out, or the build was replaced. Once, until something loads again. */
  async #reauthorise(): Promise<void> {
    if (this.#reauthorising) {
      return;
    }
    this.#stopFetching();
    if (this.#reauthorised) {
      this.#fail({ kind: "refused", detail: null });
      return;
    }
    this.#reauthorised = true;
    this.#reauthorising = true;
    try {
      const hadPlaylist = (this.#hls?.levels.length ?? 0) > 0;
      await this.#renew();
      if (!hadPlaylist) {
        this.#unload();
      }
      this.#reauthorising = false;
      await this.#start();
    } catch (error) {
      this.#reauthorising = false;
      this.#meet(error);
    }
  }

  #stopFetching(): void {
    this.#fetching = false;
    this.#hls?.stopLoad();
  }

  #meet(error: unknown): void {
    if (this.#teardown.signal.aborted) {
      return;
    }
    if (!(error instanceof ApiError)) {
      // The player's own code could not be fetched, or did not run: begin afresh.
      this.#unload();
      if (this.#failures >= PATIENCE && navigator.onLine) {
        this.#fail({ kind: "damaged", detail: null });
      } else {
        this.#retryLater();
      }
    } else if (error.status === 401 || error.status === 403) {
      this.#fail({ kind: "refused", detail: error.detail });
    } else if (error.status === 404 || error.status === 410 || error.status === 409) {
      this.#fail({ kind: "gone", detail: error.detail });
    } else if (error.status >= 500 && this.#failures >= PATIENCE) {
      this.#fail({ kind: "server", detail: error.detail });
    } else {
      this.#retryLater();
    }
  }

  #retryLater(): void {
    const delay = retryDelayMs(this.#failures);
    this.#failures += 1;
    this.#set({ retryAt: Date.now() + delay });
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.retry(), delay);
  }

  #fail(failure: Failure): void {
    clearTimeout(this.#retryTimer);
    this.#stopFetching();
    this.#video.pause();
    this.#set({ phase: "failed", waiting: false, retryAt: null, failure });
  }

  #onLoaded(): void {
    this.#failures = 0;
    this.#reauthorised = false;
    if (this.#state.retryAt !== null) {
      clearTimeout(this.#retryTimer);
      this.#set({ retryAt: null });
    }
  }

  #onHlsTrouble(hls: Hls, trouble: HlsTrouble): void {
    if (hls !== this.#hls || this.#state.phase === "failed") {
      return;
    }
    if (this.#state.phase === "idle") {
      this.#unload(); // Nobody asked to see anything yet; play begins afresh.
    } else if (trouble === "refused") {
      void this.#reauthorise();
    } else if (trouble === "network") {
      this.#stopFetching();
      if (hls.levels.length === 0) {
        this.#unload();
      }
      this.#retryLater();
    } else if (trouble === "media" && this.#mediaRecoveries < MEDIA_RECOVERIES) {
      this.#mediaRecoveries += 1;
      this.#placed = false;
      hls.recoverMediaError();
    } else {
      this.#fail({ kind: "damaged", detail: null });
    }
  }

  #listenToVideo(): void {
    const video = this.#video;
    const on = (names: (keyof HTMLMediaElementEventMap)[], listener: () => void) =>
      onVideo(video, this.#teardown.signal, names, listener);
    on(["timeupdate"], () => {
      if (!this.#placed) {
        return;
      }
      this.#set({ positionSeconds: video.currentTime, bufferedSeconds: bufferedEnd(video) });
      this.#save(false);
    });
    on(["progress"], () => this.#set({ bufferedSeconds: bufferedEnd(video) }));
    on(["durationchange"], () => {
      if (Number.isFinite(video.duration) && video.duration > 0) {
        this.#set({ durationSeconds: video.duration });
      }
    });
    on(["volumechange"], () => this.#set({ volume: video.volume, muted: video.muted }));
    on(["waiting", "seeking"], () =>
      this.#set({ waiting: this.#state.phase === "playing" || video.seeking }),
    );
    on(["playing", "canplay", "seeked"], () => this.#set({ waiting: false }));
    on(["playing"], () => {
      this.#placed = true;
    });
    on(["play"], () => this.#set({ phase: "playing" }));
    on(["pause"], () => {
      if (this.#state.phase === "playing" && !video.ended && this.#started) {
        this.#wantsToPlay = false;
        this.#set({ phase: "paused", waiting: false });
      }
      this.#save(true);
    });
    on(["seeked"], () => this.#save(true));
    on(["ended"], () => {
      this.#wantsToPlay = false;
      this.#set({ phase: "ended", waiting: false });
      this.#save(true);
    });
    on(["error"], () => this.#onNativeError());
  }

  #onNativeError(): void {
    if (this.#hls || !this.#started || this.#state.phase === "failed") {
      return; // hls.js reports its own.
    }
    if (this.#video.error?.code === MediaError.MEDIA_ERR_DECODE) {
      this.#fail({ kind: "damaged", detail: null });
    } else if (navigator.onLine) {
      // The device does not say why. A fresh right and the same place mend an ended one.
      void this.#reauthorise();
    } else {
      this.#unload();
      this.#retryLater();
    }
  }

  #save(now: boolean): void {
    if (!this.#placed || (!now && Date.now() - this.#savedAt < SAVE_EVERY_MS)) {
      return;
    }
    this.#savedAt = Date.now();
    this.#options.resume.write(this.#options.filmId, this.#video.currentTime, this.#state.durationSeconds);
  }

  get #state(): PlaybackState {
    return this.#store.get();
  }

  #set(change: Partial<PlaybackState>): void {
    this.#store.set(change);
  }
}
