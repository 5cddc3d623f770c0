/** Saves the playback position of a viewer without an account in the browser. The server saves the position of accounts. */
import type { ResumeStore } from "./resume";

export interface PositionOptions {
  filmId: string;
  /** The account that watches; null for a viewer without an account. */
  ownerId(): string | null;
  resume: ResumeStore;
}

const SAVE_EVERY_MS = 3_000;

export class PositionSaver {
  readonly #options: PositionOptions;
  #savedAt = 0;

  constructor(options: PositionOptions) {
    this.#options = options;
  }

  read(durationSeconds: number): number {
    const { filmId, ownerId, resume } = this.#options;
    return ownerId() === null ? resume.read(filmId, durationSeconds) : 0;
  }

  /** Saves at most every few seconds, or immediately with `now`. */
  save(seconds: number, durationSeconds: number, now: boolean): void {
    const { filmId, ownerId, resume } = this.#options;
    if (ownerId() === null && (now || Date.now() - this.#savedAt >= SAVE_EVERY_MS)) {
      this.#savedAt = Date.now();
      resume.write(filmId, seconds, durationSeconds);
    }
  }
}
