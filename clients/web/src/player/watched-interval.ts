/** The interval of a film that was played since the last report, without gaps, in seconds of the film. */
export class WatchedInterval {
  #from = 0;
  #to = 0;
  #isRunning = false;

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Playback starts here. If it continues where it stopped, the interval continues too. */
  begin(seconds: number): void {
    if (!this.#isRunning || seconds < this.#to) {
      this.jumpTo(seconds);
    }
    this.#isRunning = true;
  }

  advanceTo(seconds: number): void {
    if (!this.#isRunning) {
      return;
    }
    if (seconds < this.#to) {
      this.#from = seconds;
    }
    this.#to = seconds;
  }

  /** Moves the position without counting anything as watched. */
  jumpTo(seconds: number): void {
    this.#from = seconds;
    this.#to = seconds;
  }

  stop(): void {
    this.#isRunning = false;
  }

  /** Returns the position and the part that has not been reported, and marks that part as reported. */
  take(): { position_ms: number; watched_ms: number } {
    const position_ms = Math.round(this.#to * 1000);
    const watched_ms = position_ms - Math.round(this.#from * 1000);
    this.#from = this.#to;
    return { position_ms, watched_ms };
  }
}
