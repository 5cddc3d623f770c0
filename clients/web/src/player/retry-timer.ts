/** Tries again by itself, quickly at first and then with patience, and counts how often that was in vain. */
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

  /** Counts a failure; returns when it will be tried again (milliseconds since 1970). */
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

  /** It works again. */
  reset(): void {
    this.stop();
    this.#failures = 0;
  }
}

/** How long to wait before trying again, by how often it failed already: never longer than 30 s. */
export function retryDelayMs(failures: number): number {
  return Math.min(30_000, 1_000 * 2 ** Math.min(failures, 10));
}
