/** Measures a rate of progress and estimates the remaining time, smoothed so that the numbers do not jump. */

/** The last five seconds have half of the weight. */
const HALF_LIFE_MS = 5_000;
/** No rate is shown before this much time was measured. */
const SETTLE_MS = 1_500;

export class TransferRate {
  #at: number | null = null;
  #done = 0;
  #rate = 0;
  #weight = 0;
  #seenMs = 0;

  /** Records that `done` units were done at `atMs`. A decrease or a long pause restarts the measurement. */
  add(atMs: number, done: number): void {
    if (this.#at === null || done < this.#done || atMs - this.#at > 6 * HALF_LIFE_MS) {
      this.restart();
      this.#at = atMs;
      this.#done = done;
      return;
    }
    const elapsed = atMs - this.#at;
    if (elapsed < 100) {
      return; // Too short to measure; counted with the next call.
    }
    const keep = 0.5 ** (elapsed / HALF_LIFE_MS);
    this.#rate = this.#rate * keep + ((done - this.#done) / elapsed) * 1000 * (1 - keep);
    this.#weight = this.#weight * keep + (1 - keep);
    this.#seenMs += elapsed;
    this.#at = atMs;
    this.#done = done;
  }

  /** Discards the measurement, for example after a pause. */
  restart(): void {
    this.#at = null;
    this.#rate = 0;
    this.#weight = 0;
    this.#seenMs = 0;
  }

  /** Units per second; null until it is known. */
  get perSecond(): number | null {
    return this.#seenMs >= SETTLE_MS && this.#weight > 0 ? this.#rate / this.#weight : null;
  }

  remainingMs(total: number): number | null {
    const rate = this.perSecond;
    return rate !== null && rate > 0 ? (Math.max(0, total - this.#done) / rate) * 1000 : null;
  }
}
