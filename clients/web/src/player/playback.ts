/**
 * The playback of one film: a video element, hls.js or the browser's native player, and the playback session.
 *
 * This module has no user interface. The state is an immutable snapshot with listeners; the methods are what a viewer can
 * do. The playback session is renewed before its token expires; after a refused request it is renewed once more, then the
 * playback fails. A lost connection is retried without limit, while what is buffered continues to play.
 */
import type { Stream } from "@nang/api-client";
import { usefulChapters } from "./chapters";
import { prefetchHls } from "./hls-module";
import { listenToPage } from "./page-signals";
import type { PlaybackOptions } from "./playback-options";
import { PlaybackRecovery } from "./playback-recovery";
import { PlaybackReporter } from "./playback-reporter";
import { PlaybackSession } from "./playback-session";
import { PlaybackSettings } from "./playback-settings";
import { type PlaybackState, PlaybackStore } from "./playback-state";
import type { EngineStats } from "./playback-stats";
import { PlayerEngine } from "./player-engine";
import { PositionSaver } from "./position-saver";
import { SessionRenewal } from "./session-renewal";
import { Storyboard } from "./storyboard";
import { SubtitleCues } from "./subtitle-cues";
import { TrackSelection } from "./track-selection";
import { setMuted, setVolume } from "./video-element";
import { mirrorVideo } from "./video-mirror";

export class Playback {
  /** The audio and subtitle tracks: what the viewer may choose in their menus. */
  readonly tracks: TrackSelection;
  readonly settings: PlaybackSettings;
  readonly #store: PlaybackStore;
  readonly #video: HTMLVideoElement;
  readonly #options: PlaybackOptions;
  readonly #teardown = new AbortController();

  readonly #session: PlaybackSession;
  readonly #engine: PlayerEngine;
  readonly #reporter: PlaybackReporter | null;
  readonly #positionSaver: PositionSaver | null;
  readonly #recovery: PlaybackRecovery;
  #loading: Promise<void> | null = null;
  readonly #renewal: SessionRenewal;
  #wantsToPlay = false;
  /** The viewer chose where to start. */
  #viewerChosePosition = false;
  /** Loading of segments has started. */
  #started = false;
  /** The video element is at the viewer's position, no longer at its initial zero. */
  #isPositioned = false;

  constructor(video: HTMLVideoElement, options: PlaybackOptions) {
    const { sessionApi, record, filmId, durationSeconds } = options;
    const { signal } = this.#teardown;
    this.#video = video;
    this.#options = options;
    this.#positionSaver = record && new PositionSaver({ filmId, ...record });
    this.#store = new PlaybackStore(durationSeconds, this.#positionSaver?.read(durationSeconds) ?? 0, video);
    this.tracks = new TrackSelection(this.#store, options.preferences, options.pageLanguage);
    const cues = new SubtitleCues(video, (active) => this.#set({ cues: active }), signal);
    this.#engine = new PlayerEngine(video, this.#store, this.tracks, cues, {
      onLoaded: () => {
        this.#recovery.onLoaded();
        this.#renewal.reset();
      },
      onError: (kind) => this.#recovery.onEngineError(kind),
      onUnreachable: () => this.#recovery.onUnreachable(),
    });
    this.settings = new PlaybackSettings(video, this.#store, this.#engine, options.preferences, signal);
    this.#recovery = new PlaybackRecovery(video, this.#store, this.#engine, {
      retry: () => this.retry(),
      unload: () => this.#unload(),
      reauthorise: () => void this.#reauthorise(),
      onRecovering: () => {
        this.#isPositioned = false;
      },
    });
    this.#session = new PlaybackSession(sessionApi, filmId, {
      onOpened: (stream) => this.#onOpened(stream),
      onDue: () => this.#renewOnSchedule(),
    });
    this.#renewal = new SessionRenewal(this.#session, this.#engine, {
      onReplaced: () => this.#unload(),
      onRefused: () => this.#recovery.fail({ kind: "refused", detail: null }),
    });
    this.#reporter =
      record &&
      new PlaybackReporter(video, record.outbox, (wasRunning) => this.#onSessionEnded(wasRunning), signal);
    mirrorVideo(video, this.#store, signal, {
      isPositioned: () => this.#isPositioned,
      hasStarted: () => this.#started,
      onPositioned: () => {
        this.#isPositioned = true;
      },
      onMoved: (isDiscontinuous) => this.#save(isDiscontinuous),
      onPaused: () => {
        this.#wantsToPlay = false;
      },
      onEnded: () => {
        this.#wantsToPlay = false;
        this.#save(true);
        this.#endSession();
      },
      onError: () => this.#started && this.#recovery.onNativeError(),
    });
    listenToPage(
      {
        onHide: () => {
          this.#save(true);
          this.#reporter?.flush();
        },
        onLeave: () => {
          this.#save(true);
          this.#endSession();
          if (this.#state.phase === "playing") {
            this.pause();
          }
        },
        onReturn: () => this.#session.isDue && this.#renewOnSchedule(), // Timers do not run while a phone sleeps.
        onOnline: () => this.#state.isLost && this.retry(),
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

  /** Loads everything but segments, so that play starts quickly. Reports no error: play tries again. */
  async prepare(): Promise<void> {
    try {
      await this.#load();
    } catch {
      this.#unload();
    }
  }

  /** Loads the first segments, because the viewer is about to press play. */
  async anticipate(): Promise<void> {
    await this.prepare();
    const { phase, resumeSeconds, savesData } = this.#state;
    if (phase === "idle" && !savesData && !this.#teardown.signal.aborted) {
      this.#engine.startLoad(resumeSeconds);
    }
  }

  /** Starts or resumes; `fromSeconds` overrides the saved position. */
  play(fromSeconds?: number): void {
    this.#wantsToPlay = true;
    if (fromSeconds !== undefined && !this.#started) {
      this.seekTo(fromSeconds);
    }
    if (this.#state.phase === "ended") {
      this.seekTo(0);
    }
    this.#set({ phase: "playing", waiting: this.#video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA });
    // Must be called inside the tap's event handler: phones refuse a later call.
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
      this.#viewerChosePosition = true;
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
    setVolume(this.#video, volume);
  }

  setMuted(muted: boolean): void {
    setMuted(this.#video, muted);
  }

  stats(): EngineStats {
    return this.#engine.stats();
  }

  /** Ends the account's playback session on another device, and plays here. */
  async takeOver(sessionId: string): Promise<void> {
    try {
      await this.#options.sessionApi.end(sessionId);
      this.retry();
    } catch (error) {
      this.#handleError(error);
    }
  }

  /** Retries now, after a failure or while waiting for the connection. */
  retry(): void {
    this.#recovery.stop();
    const afterFailure = this.#state.failure !== null;
    this.#set({ failure: null, retryAt: null });
    if (this.#state.isLost) {
      this.#engine.stopLoad(); // hls.js may be waiting to retry by itself; it should retry now.
    }
    if (afterFailure) {
      this.#renewal.reset();
      this.#recovery.reset();
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
    this.#recovery.stop();
    this.#unload();
  }

  async #start(): Promise<void> {
    try {
      if (this.#session.isDue) {
        await this.#renewal.renew();
      }
      await this.#load();
      if (this.#teardown.signal.aborted || this.#state.phase === "failed") {
        return;
      }
      if (!this.#started && this.#engine.loadsElsewhere(this.#state.resumeSeconds)) {
        this.#engine.stopLoad();
      }
      this.#engine.startLoad(this.#started ? this.#video.currentTime : this.#state.resumeSeconds);
      if (!this.#started) {
        this.#started = true;
        const from = this.#state.resumeSeconds;
        const begin = () => from > 0 && this.seekTo(from);
        this.#engine.loadNatively(this.#session, begin, this.#teardown.signal);
      }
      if (this.#wantsToPlay) {
        this.#playVideo();
      }
    } catch (error) {
      this.#handleError(error);
    }
  }

  /** Loads the session, the player engine and the multivariant playlist. Concurrent calls share one load. */
  #load(): Promise<void> {
    if (this.#session.url && !this.#loading) {
      return Promise.resolve();
    }
    this.#loading ??= this.#loadOnce().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #loadOnce(): Promise<void> {
    prefetchHls();
    await this.#session.obtainUrl();
    const isWanted = () => !this.#teardown.signal.aborted;
    const canPlay = isWanted() && (await this.#engine.open(this.#session, isWanted));
    if (!isWanted()) {
      this.#session.dropUrl();
      this.#endSession();
    } else if (!canPlay) {
      this.#session.dropUrl();
      this.#recovery.fail({ kind: "unsupported", detail: null });
    }
  }

  /** A session was opened. The server knows the position of an account; this browser knows that of other viewers. */
  #onOpened(stream: Stream): void {
    const { session_id, duration_ms, resume_position_ms, storyboard, chapters, credits_ms, next_film } =
      stream;
    const ownerId = this.#options.record?.ownerId() ?? null;
    if (duration_ms > 0) {
      this.#set({ durationSeconds: duration_ms / 1000 });
    }
    this.#set({
      storyboard: storyboard && new Storyboard(storyboard, this.#session.currentUrl),
      chapters: usefulChapters(chapters),
      creditsSeconds: credits_ms === null ? null : credits_ms / 1000,
      nextFilm: next_film,
    });
    if (ownerId !== null && !this.#started && !this.#viewerChosePosition) {
      const seconds = (resume_position_ms ?? 0) / 1000;
      this.#set({ resumeSeconds: seconds, positionSeconds: seconds });
    }
    this.#reporter?.begin(session_id, ownerId);
  }

  /** The session was ended by another device or tab. If it was not running, a new one is opened. */
  #onSessionEnded(wasRunning: boolean): void {
    this.#session.forget();
    if (wasRunning) {
      this.#recovery.fail({ kind: "elsewhere", detail: null });
    } else {
      this.#renewal.renew().catch((error: unknown) => this.#handleError(error));
    }
  }

  #endSession(): void {
    if (this.#reporter?.end()) {
      this.#session.forget();
    } else {
      this.#session.end();
    }
  }

  #unload(): void {
    this.#session.dropUrl();
    this.#isPositioned = false;
    this.#engine.close();
    if (this.#started) {
      this.#started = false;
      this.#viewerChosePosition = true;
      this.#set({ resumeSeconds: this.#state.positionSeconds });
    }
  }

  #playVideo(): void {
    if (!this.#video.currentSrc && !this.#video.src) {
      return;
    }
    this.#video.play().catch((error: unknown) => {
      // An AbortError only means that a pause or a new source followed the call.
      if (error instanceof DOMException && error.name === "NotAllowedError") {
        this.pause();
      }
    });
  }

  #renewOnSchedule(): void {
    this.#renewal.renewOnSchedule(this.#state.phase === "playing"); // play() checks the time itself.
  }

  async #reauthorise(): Promise<void> {
    try {
      if (await this.#renewal.reauthorise()) {
        await this.#start();
      }
    } catch (error) {
      this.#handleError(error);
    }
  }

  #handleError(error: unknown): void {
    if (!this.#teardown.signal.aborted) {
      this.#recovery.handleError(error);
    }
  }

  #save(now: boolean): void {
    if (this.#isPositioned) {
      this.#positionSaver?.save(this.#video.currentTime, this.#state.durationSeconds, now);
    }
  }

  get #state(): PlaybackState {
    return this.#store.get();
  }

  #set(change: Partial<PlaybackState>): void {
    this.#store.set(change);
  }
}
