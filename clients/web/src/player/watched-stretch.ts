/** What of a film was played since it was last told: one stretch without a gap, in seconds of the film. */
export class WatchedStretch {
  #from = 0;
  #to = 0;
  #isRunning = false;

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** The picture moves from here on. Going on where it stopped belongs to the same stretch. */
  begin(seconds: number): void {
    if (!this.#isRunning || seconds < this.#to) {
      this.place(seconds);
    }
    this.#isRunning = true;
  }

  moveTo(seconds: number): void {
    if (!this.#isRunning) {
      return;
    }
    if (seconds < this.#to) {
      this.#from = seconds;
    }
    this.#to = seconds;
  }

  /** The picture stands here; nothing was watched on the way. */
  place(seconds: number): void {
    this.#from = seconds;
    this.#to = seconds;
  }

  stop(): void {
    this.#isRunning = false;
  }

  /** Where it has come to and how much of it nobody was told of yet. */
  take(): { position_ms: number; watched_ms: number } {
    const position_ms = Math.round(this.#to * 1000);
    const watched_ms = position_ms - Math.round(this.#from * 1000);
    this.#from = this.#to;
    return { position_ms, watched_ms };
  }
}
