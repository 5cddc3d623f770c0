/** Where this browser says that a viewer without an account stopped; the server keeps the place of the others. */
import type { ResumeStore } from "./resume";

export interface PlaceOptions {
  filmId: string;
  /** The account that watches. */
  ownerId(): string | null;
  resume: ResumeStore;
}

const SAVE_EVERY_MS = 3_000;

export class PlaceKeeper {
  readonly #options: PlaceOptions;
  #savedAt = 0;

  constructor(options: PlaceOptions) {
    this.#options = options;
  }

  read(durationSeconds: number): number {
    const { filmId, ownerId, resume } = this.#options;
    return ownerId() === null ? resume.read(filmId, durationSeconds) : 0;
  }

  /** Every few seconds, or `now`. */
  save(seconds: number, durationSeconds: number, now: boolean): void {
    const { filmId, ownerId, resume } = this.#options;
    if (ownerId() === null && (now || Date.now() - this.#savedAt >= SAVE_EVERY_MS)) {
      this.#savedAt = Date.now();
      resume.write(filmId, seconds, durationSeconds);
    }
  }
}
