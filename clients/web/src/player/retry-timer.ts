/** Retries with increasing delays and counts the failures. */
export class RetryTimer {
  readonly #retry: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(retry: () => void) {
    this.#retry = retry;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure; returns the time of the next retry (milliseconds since 1970). */
  start(): number {
    const delay = retryDelayMs(this.#failures);
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#retry, delay);
    return Date.now() + delay;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Resets the count after a success. */
  reset(): void {
    this.stop();
    this.#failures = 0;
  }
}

/** The delay before the next retry: 1 s, doubled with each failure, at most 30 s. */
export function retryDelayMs(failures: number): number {
  return Math.min(30_000, 1_000 * 2 ** Math.min(failures, 10));
}
