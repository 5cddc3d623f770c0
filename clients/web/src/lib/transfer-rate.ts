/** How fast something goes on and when it will be done, smoothed so that the numbers do not jump. */

/** Half of the weight lies on the last five seconds. */
const HALF_LIFE_MS = 5_000;
/** Before this much was seen, any figure would be a guess. */
const SETTLE_MS = 1_500;

export class TransferRate {
  #at: number | null = null;
  #done = 0;
  #rate = 0;
  #weight = 0;
  #seenMs = 0;

  /** `done` of the whole had been done at `atMs`. Going backwards or a long pause begins the measuring anew. */
  add(atMs: number, done: number): void {
    if (this.#at === null || done < this.#done || atMs - this.#at > 6 * HALF_LIFE_MS) {
      this.restart();
      this.#at = atMs;
      this.#done = done;
      return;
    }
    const elapsed = atMs - this.#at;
    if (elapsed < 100) {
      return; // Too short to say anything; counted with the next one.
    }
    const keep = 0.5 ** (elapsed / HALF_LIFE_MS);
    this.#rate = this.#rate * keep + ((done - this.#done) / elapsed) * 1000 * (1 - keep);
    this.#weight = this.#weight * keep + (1 - keep);
    this.#seenMs += elapsed;
    this.#at = atMs;
    this.#done = done;
  }

  /** After a pause: what was measured before says nothing about now. */
  restart(): void {
    this.#at = null;
    this.#rate = 0;
    this.#weight = 0;
    this.#seenMs = 0;
  }

  /** Units a second, or null as long as it is not known. */
  get perSecond(): number | null {
    return this.#seenMs >= SETTLE_MS && this.#weight > 0 ? this.#rate / this.#weight : null;
  }

  remainingMs(total: number): number | null {
    const rate = this.perSecond;
    return rate !== null && rate > 0 ? (Math.max(0, total - this.#done) / rate) * 1000 : null;
  }
}
