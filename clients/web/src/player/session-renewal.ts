/** Renews the playback session while a film plays: on schedule, and once more after a refused request. */

import type { PlaybackSession } from "./playback-session";
import type { PlayerEngine } from "./player-engine";

export interface SessionRenewalEvents {
  /** The stream must be loaded again, at the same position. */
  onReplaced(): void;
  /** Two requests were refused without a successful one between them. */
  onRefused(): void;
}

export class SessionRenewal {
  readonly #session: PlaybackSession;
  readonly #engine: PlayerEngine;
  readonly #events: SessionRenewalEvents;
  #hasReauthorised = false;
  /** Refusals during a renewal have the same cause. */
  #isReauthorising = false;

  constructor(session: PlaybackSession, engine: PlayerEngine, events: SessionRenewalEvents) {
    this.#session = session;
    this.#engine = engine;
    this.#events = events;
  }

  /** A segment was loaded: the next refusal may be retried again. */
  reset(): void {
    this.#hasReauthorised = false;
  }

  /** Does nothing for the native player: it cannot change its token during playback and plays until it is refused. */
  renewOnSchedule(isPlaying: boolean): void {
    if (this.#engine.isHls && isPlaying) {
      this.renew().catch(() => this.#session.postpone());
    }
  }

  async renew(): Promise<void> {
    const before = this.#session.url;
    const after = await this.#session.obtainUrl();
    if (
      before &&
      (!this.#engine.isHls || before.playlist !== after.playlist || before.prefix !== after.prefix)
    ) {
      // The new session plays another presentation, or the native player needs a new source for the new token.
      this.#events.onReplaced();
    }
  }

  /** Handles a refused request (the token expired, or the film was taken down). True if playback may continue. */
  async reauthorise(): Promise<boolean> {
    if (this.#isReauthorising) {
      return false;
    }
    this.#engine.stopLoad();
    if (this.#hasReauthorised) {
      this.#events.onRefused();
      return false;
    }
    this.#hasReauthorised = true;
    this.#isReauthorising = true;
    try {
      const { hasPlaylist } = this.#engine;
      await this.renew();
      if (!hasPlaylist) {
        this.#events.onReplaced();
      }
      return true;
    } finally {
      this.#isReauthorising = false;
    }
  }
}
