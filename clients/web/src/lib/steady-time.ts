/**
 * A remaining time that does not jump. It counts down like a clock, and follows a new estimate only if that differs clearly, and then
 * step by step.
 */

/** An estimate that differs by less than this part is the same. */
const TOLERANCE = 0.15;
/** How much of a difference is taken over per second. */
const FOLLOW_PER_SECOND = 0.2;

export class SteadyTime {
  #at = 0;
  #shownMs: number | null = null;

  /** `nowMs`: a clock that does not go back. `estimateMs`: null if not known, which starts again. */
  show(nowMs: number, estimateMs: number | null): number | null {
    if (estimateMs === null) {
      this.#shownMs = null;
      return null;
    }
    if (this.#shownMs === null) {
      this.#shownMs = estimateMs;
    } else {
      const elapsed = nowMs - this.#at;
      const counted = Math.max(0, this.#shownMs - elapsed);
      const difference = estimateMs - counted;
      const isClear = Math.abs(difference) > TOLERANCE * Math.max(counted, 1_000);
      const part = Math.min(1, (elapsed / 1_000) * FOLLOW_PER_SECOND);
      this.#shownMs = counted + (isClear ? difference * part : 0);
    }
    this.#at = nowMs;
    return this.#shownMs;
  }
}
