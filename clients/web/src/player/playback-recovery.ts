/**
 * What a playback does after an error: it retries later, asks for a new token, starts again from nothing, or fails.
 *
 * A lost connection is retried without limit. Other errors are retried MAX_RETRIES times, then they are failures.
 */
import { ApiError } from "@nang/api-client";
import { type Failure, failureOf } from "./failure";
import type { HlsErrorKind } from "./hls-source";
import type { PlaybackStore } from "./playback-state";
import type { PlayerEngine } from "./player-engine";
import { RetryTimer } from "./retry-timer";

export interface RecoveryActions {
  retry(): void;
  unload(): void;
  reauthorise(): void;
  /** The engine starts over, so the video element loses its position for a moment. */
  onRecovering(): void;
}

const MEDIA_RECOVERIES = 2;
const MAX_RETRIES = 3;

export class PlaybackRecovery {
  readonly #video: HTMLVideoElement;
  readonly #store: PlaybackStore;
  readonly #engine: PlayerEngine;
  readonly #actions: RecoveryActions;
  readonly #retryTimer: RetryTimer;
  #mediaRecoveries = 0;

  constructor(video: HTMLVideoElement, store: PlaybackStore, engine: PlayerEngine, actions: RecoveryActions) {
    this.#video = video;
    this.#store = store;
    this.#engine = engine;
    this.#actions = actions;
    this.#retryTimer = new RetryTimer(() => actions.retry());
  }

  /** No retry happens by itself any more. */
  stop(): void {
    this.#retryTimer.stop();
  }

  /** Forgets earlier errors. */
  reset(): void {
    this.#mediaRecoveries = 0;
    this.#retryTimer.reset();
  }

  onLoaded(): void {
    this.#retryTimer.reset();
    if (this.#store.get().isLost) {
      this.#store.set({ isLost: false, retryAt: null });
    }
  }

  /** A request reached no server. hls.js retries it by itself a few times before it reports an error. */
  onUnreachable(): void {
    const { phase, isLost } = this.#store.get();
    if (!isLost && phase !== "idle" && phase !== "failed") {
      this.#store.set({ isLost: true });
    }
  }

  fail(failure: Failure): void {
    this.#retryTimer.stop();
    this.#engine.stopLoad();
    this.#video.pause();
    this.#store.set({ phase: "failed", waiting: false, isLost: false, retryAt: null, failure });
  }

  handleError(error: unknown): void {
    const retriesExhausted = this.#retryTimer.failures >= MAX_RETRIES;
    if (!(error instanceof ApiError)) {
      // The player's code could not be loaded or threw: start again from nothing.
      this.#actions.unload();
      if (retriesExhausted && navigator.onLine) {
        this.fail({ kind: "damaged", detail: null });
        return;
      }
    } else {
      const isServer = error.status >= 500 && retriesExhausted;
      const failure = isServer ? ({ kind: "server", detail: error.detail } as const) : failureOf(error);
      if (failure) {
        this.fail(failure);
        return;
      }
    }
    this.#retryLater();
  }

  onEngineError(kind: HlsErrorKind): void {
    const { phase } = this.#store.get();
    if (phase === "failed") {
      return;
    }
    if (phase === "idle") {
      this.#actions.unload(); // The viewer has not pressed play; play loads everything again.
    } else if (kind === "refused") {
      this.#actions.reauthorise();
    } else if (kind === "network") {
      this.#engine.stopLoad();
      if (!this.#engine.hasPlaylist) {
        this.#actions.unload();
      }
      this.#retryLater();
    } else if (kind === "media" && this.#mediaRecoveries < MEDIA_RECOVERIES) {
      this.#mediaRecoveries += 1;
      this.#actions.onRecovering();
      this.#engine.recover();
    } else {
      this.fail({ kind: "damaged", detail: null });
    }
  }

  onNativeError(): void {
    if (this.#engine.isHls || this.#store.get().phase === "failed") {
      return; // hls.js reports its errors itself.
    }
    if (this.#video.error?.code === MediaError.MEDIA_ERR_DECODE) {
      this.fail({ kind: "damaged", detail: null });
    } else if (navigator.onLine) {
      // The native player gives no reason. If the token has expired, a new one and the same position repair it.
      this.#actions.reauthorise();
    } else {
      this.#actions.unload();
      this.#retryLater();
    }
  }

  #retryLater(): void {
    this.#store.set({ isLost: true, retryAt: this.#retryTimer.start() });
  }
}
