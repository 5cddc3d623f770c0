/** Renewing the right to stream while a film plays: in time, and once more when a request was refused all the same. */
import type { Picture } from "./picture";
import type { StreamRight } from "./stream-right";

export interface RenewalEvents {
  /** What plays must begin again, at the same place. */
  onReplaced(): void;
  /** Refused twice without anything in between. */
  onRefused(): void;
}

export class Renewal {
  readonly #right: StreamRight;
  readonly #picture: Picture;
  readonly #events: RenewalEvents;
  #hasReauthorised = false;
  /** Other refusals meanwhile have the same cause. */
  #isReauthorising = false;

  constructor(right: StreamRight, picture: Picture, events: RenewalEvents) {
    this.#right = right;
    this.#picture = picture;
    this.#events = events;
  }

  /** Something loads: the next refusal is worth another try. */
  reset(): void {
    this.#hasReauthorised = false;
  }

  /** The device's own player cannot change its token while it plays: it goes on until it is refused. */
  renewInTime(isPlaying: boolean): void {
    if (this.#picture.isHls && isPlaying) {
      this.renew().catch(() => this.#right.postpone());
    }
  }

  async renew(): Promise<void> {
    const before = this.#right.url;
    const after = await this.#right.obtain();
    if (before && (!this.#picture.isHls || before.build !== after.build || before.prefix !== after.prefix)) {
      // Another build was published meanwhile, or there is no way to swap a token.
      this.#events.onReplaced();
    }
  }

  /** A request was refused: the token ran out, or the build was replaced. True if it is worth going on. */
  async reauthorise(): Promise<boolean> {
    if (this.#isReauthorising) {
      return false;
    }
    this.#picture.stopFetching();
    if (this.#hasReauthorised) {
      this.#events.onRefused();
      return false;
    }
    this.#hasReauthorised = true;
    this.#isReauthorising = true;
    try {
      const { hasPlaylist } = this.#picture;
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
