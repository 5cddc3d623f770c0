/**
 * One film being watched: a video element, hls.js or the device's own player, and the right to stream.
 *
 * No user interface here. The state is an immutable snapshot with listeners; what a person can do are methods. The right
 * to stream is a session at the desk, renewed before it ends; a refused request asks once more, then says so.
 * A lost connection is retried for as long as it takes, while what is buffered goes on playing.
 */
import { ApiError, type Stream } from "@nang/api-client";
import { type Failure, failureOf } from "./failure";
import { foreseeHls } from "./hls-module";
import type { HlsTrouble } from "./hls-source";
import { listenToPage } from "./page-signals";
import { Picture } from "./picture";
import { PlaceKeeper, type PlaceOptions } from "./place-keeper";
import { type PlaybackState, PlaybackStore } from "./playback-state";
import { Renewal } from "./renewal";
import { RetryTimer } from "./retry-timer";
import { Storyboard } from "./storyboard";
import type { StreamDesk } from "./stream-desk";
import { StreamRight } from "./stream-right";
import { bufferedEnd, onVideo } from "./video-element";
import { type ReportOutbox, ViewingReport } from "./viewing-report";

export interface PlaybackOptions {
  filmId: string;
  durationSeconds: number;
  desk: StreamDesk;
  /** Where the viewing is reported and its place is kept; null for one that does not count, an admin's preview. */
  record: ViewingRecord | null;
}

export interface ViewingRecord extends Omit<PlaceOptions, "filmId"> {
  outbox: ReportOutbox;
}

const MEDIA_RECOVERIES = 2;
/** Tries after which trouble that is not the link's is called a failure. */
const PATIENCE = 3;

export class Playback {
  readonly #store: PlaybackStore;
  readonly #video: HTMLVideoElement;
  readonly #options: PlaybackOptions;
  readonly #teardown = new AbortController();

  readonly #right: StreamRight;
  readonly #picture: Picture;
  readonly #report: ViewingReport | null;
  readonly #place: PlaceKeeper | null;
  readonly #retryTimer = new RetryTimer(() => this.retry());
  #loading: Promise<void> | null = null;
  readonly #renewal: Renewal;
  #mediaRecoveries = 0;
  #wantsToPlay = false;
  /** The viewer said where to begin. */
  #choseItsPlace = false;
  /** Pictures were asked for. */
  #started = false;
  /** The video element stands where the viewer is, not at the zero it begins with. */
  #placed = false;

  constructor(video: HTMLVideoElement, options: PlaybackOptions) {
    const { desk, record, filmId, durationSeconds } = options;
    const { signal } = this.#teardown;
    this.#video = video;
    this.#options = options;
    this.#place = record && new PlaceKeeper({ filmId, ...record });
    this.#store = new PlaybackStore(durationSeconds, this.#place?.read(durationSeconds) ?? 0, video);
    this.#picture = new Picture(video, this.#store, {
      onLoaded: () => this.#onLoaded(),
      onTrouble: (trouble) => this.#onTrouble(trouble),
    });
    this.#right = new StreamRight(desk, filmId, {
      onOpened: (stream) => this.#onOpened(stream),
      onDue: () => this.#renewInTime(),
    });
    this.#renewal = new Renewal(this.#right, this.#picture, {
      onReplaced: () => this.#unload(),
      onRefused: () => this.#fail({ kind: "refused", detail: null }),
    });
    this.#report = record && new ViewingReport(video, record.outbox, (was) => this.#onOver(was), signal);
    this.#listenToVideo();
    listenToPage(
      {
        onHide: () => {
          this.#save(true);
          this.#report?.hurry();
        },
        onLeave: () => {
          this.#save(true);
          this.#endSession();
          if (this.#state.phase === "playing") {
            this.pause();
          }
        },
        onReturn: () => this.#right.isDue && this.#renewInTime(), // A sleeping phone's timers sleep too.
        onOnline: () => this.#state.retryAt !== null && this.retry(),
      },
      signal,
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
      this.seekTo(fromSeconds);
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
    if (!this.#started) {
      this.#choseItsPlace = true;
      this.#set({ positionSeconds: target, resumeSeconds: target });
      return;
    }
    this.#set({ positionSeconds: target, ...(this.#state.phase === "ended" && { phase: "paused" }) });
    this.#video.currentTime = target;
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
    this.#picture.chooseLevel(level);
  }

  chooseAudioTrack(track: number): void {
    this.#picture.chooseAudioTrack(track);
  }

  /** Ends the session that the account has running elsewhere, and plays here. */
  async takeOver(sessionId: string): Promise<void> {
    try {
      await this.#options.desk.end(sessionId);
      this.retry();
    } catch (error) {
      this.#meet(error);
    }
  }

  /** Tries again now, after a failure or while waiting for the connection. */
  retry(): void {
    this.#retryTimer.stop();
    const afterFailure = this.#state.failure !== null;
    this.#set({ failure: null, retryAt: null });
    if (afterFailure) {
      this.#renewal.reset();
      this.#mediaRecoveries = 0;
      this.#retryTimer.reset();
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
    this.#endSession();
    this.#teardown.abort();
    this.#store.close();
    this.#retryTimer.stop();
    this.#unload();
  }

  async #start(): Promise<void> {
    try {
      if (this.#right.isDue) {
        await this.#renewal.renew();
      }
      await this.#load();
      if (this.#teardown.signal.aborted || this.#state.phase === "failed") {
        return;
      }
      this.#picture.fetchFrom(this.#started ? this.#video.currentTime : this.#state.resumeSeconds);
      if (!this.#started) {
        this.#started = true;
        const from = this.#state.resumeSeconds;
        const begin = () => from > 0 && this.seekTo(from);
        this.#picture.fetchByDevice(this.#right, begin, this.#teardown.signal);
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
    foreseeHls();
    await this.#right.obtain();
    const isWanted = () => !this.#teardown.signal.aborted;
    const canPlay = isWanted() && (await this.#picture.open(this.#right, isWanted));
    if (!isWanted()) {
      this.#right.drop();
      this.#endSession();
    } else if (!canPlay) {
      this.#right.drop();
      this.#fail({ kind: "unsupported", detail: null });
    }
  }

  /** A session has begun. The server knows the place of an account's viewer, this browser that of any other. */
  #onOpened({ session_id, duration_ms, resume_position_ms, storyboard }: Stream): void {
    const ownerId = this.#options.record?.ownerId() ?? null;
    if (duration_ms > 0) {
      this.#set({ durationSeconds: duration_ms / 1000 });
    }
    this.#set({ storyboard: storyboard && new Storyboard(storyboard, this.#right.currentAddress) });
    if (ownerId !== null && !this.#started && !this.#choseItsPlace) {
      const seconds = (resume_position_ms ?? 0) / 1000;
      this.#set({ resumeSeconds: seconds, positionSeconds: seconds });
    }
    this.#report?.begin(session_id, ownerId);
  }

  /** The session was ended elsewhere. Unless the account took its place with another one, it is simply opened anew. */
  #onOver(wasRunning: boolean): void {
    this.#right.forget();
    if (wasRunning) {
      this.#fail({ kind: "elsewhere", detail: null });
    } else {
      this.#renewal.renew().catch((error: unknown) => this.#meet(error));
    }
  }

  #endSession(): void {
    if (this.#report?.end()) {
      this.#right.forget();
    } else {
      this.#right.end();
    }
  }

  #unload(): void {
    this.#right.drop();
    this.#placed = false;
    this.#picture.close();
    if (this.#started) {
      this.#started = false;
      this.#choseItsPlace = true;
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

  #renewInTime(): void {
    this.#renewal.renewInTime(this.#state.phase === "playing"); // play() looks at the clock itself.
  }

  async #reauthorise(): Promise<void> {
    try {
      if (await this.#renewal.reauthorise()) {
        await this.#start();
      }
    } catch (error) {
      this.#meet(error);
    }
  }

  #meet(error: unknown): void {
    if (this.#teardown.signal.aborted) {
      return;
    }
    const isPatienceOver = this.#retryTimer.failures >= PATIENCE;
    if (!(error instanceof ApiError)) {
      // The player's own code could not be fetched, or did not run: begin afresh.
      this.#unload();
      if (isPatienceOver && navigator.onLine) {
        this.#fail({ kind: "damaged", detail: null });
        return;
      }
    } else {
      const isServer = error.status >= 500 && isPatienceOver;
      const failure = isServer ? ({ kind: "server", detail: error.detail } as const) : failureOf(error);
      if (failure) {
        this.#fail(failure);
        return;
      }
    }
    this.#retryLater();
  }

  #retryLater(): void {
    this.#set({ retryAt: this.#retryTimer.start() });
  }

  #fail(failure: Failure): void {
    this.#retryTimer.stop();
    this.#picture.stopFetching();
    this.#video.pause();
    this.#set({ phase: "failed", waiting: false, retryAt: null, failure });
  }

  #onLoaded(): void {
    this.#retryTimer.reset();
    this.#renewal.reset();
    if (this.#state.retryAt !== null) {
      this.#set({ retryAt: null });
    }
  }

  #onTrouble(trouble: HlsTrouble): void {
    if (this.#state.phase === "failed") {
      return;
    }
    if (this.#state.phase === "idle") {
      this.#unload(); // Nobody asked to see anything yet; play begins afresh.
    } else if (trouble === "refused") {
      void this.#reauthorise();
    } else if (trouble === "network") {
      this.#picture.stopFetching();
      if (!this.#picture.hasPlaylist) {
        this.#unload();
      }
      this.#retryLater();
    } else if (trouble === "media" && this.#mediaRecoveries < MEDIA_RECOVERIES) {
      this.#mediaRecoveries += 1;
      this.#placed = false;
      this.#picture.recover();
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
      this.#endSession();
    });
    on(["error"], () => this.#onNativeError());
  }

  #onNativeError(): void {
    if (this.#picture.isHls || !this.#started || this.#state.phase === "failed") {
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
    if (this.#placed) {
      this.#place?.save(this.#video.currentTime, this.#state.durationSeconds, now);
    }
  }

  get #state(): PlaybackState {
    return this.#store.get();
  }

  #set(change: Partial<PlaybackState>): void {
    this.#store.set(change);
  }
}
