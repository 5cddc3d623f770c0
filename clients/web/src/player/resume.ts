/**
 * The browser's record of where a viewer without an account stopped: for this tab, and for the device as the fallback.
 *
 * Storage may be missing or full (private windows); the film then starts at the beginning.
 */
import { storageOrNull } from "../lib/storage";

export interface ResumePoint {
  seconds: number;
  /** When it was saved, in milliseconds since 1970. */
  at: number;
}

/** Earlier positions start from the beginning. */
const MIN_RESUME_SECONDS = 5;
const DEVICE_MAX_AGE_MS = 90 * 24 * 3600 * 1000;

export class ResumeStore {
  constructor(
    private readonly tab: Storage | null,
    private readonly device: Storage | null,
    private readonly now: () => number = Date.now,
  ) {}

  /** The position to resume from, in seconds; 0 for the beginning. */
  read(filmId: string, durationSeconds: number): number {
    const point = this.#load(this.tab, filmId) ?? this.#recent(this.#load(this.device, filmId));
    if (!point || point.seconds < MIN_RESUME_SECONDS || point.seconds >= creditsStart(durationSeconds)) {
      return 0;
    }
    return point.seconds;
  }

  write(filmId: string, seconds: number, durationSeconds: number): void {
    const finished = seconds >= creditsStart(durationSeconds);
    const text = JSON.stringify({ seconds: finished ? 0 : Math.floor(seconds * 10) / 10, at: this.now() });
    for (const storage of [this.tab, this.device]) {
      try {
        storage?.setItem(key(filmId), text);
      } catch {
        // Full or forbidden: the film still plays.
      }
    }
  }

  #load(storage: Storage | null, filmId: string): ResumePoint | null {
    try {
      const value: unknown = JSON.parse(storage?.getItem(key(filmId)) ?? "null");
      return isResumePoint(value) ? value : null;
    } catch {
      return null;
    }
  }

  #recent(point: ResumePoint | null): ResumePoint | null {
    return point && this.now() - point.at < DEVICE_MAX_AGE_MS ? point : null;
  }
}

/** A film counts as watched from here on: the last 3 %, but at least one second and at most two minutes. */
function creditsStart(durationSeconds: number): number {
  if (!Number.isFinite(durationSeconds) || durationSeconds <= 0) {
    return Number.POSITIVE_INFINITY;
  }
  return durationSeconds - Math.min(120, Math.max(1, durationSeconds * 0.03));
}

function key(filmId: string): string {
  return `nang.position.${filmId}`;
}

function isResumePoint(value: unknown): value is ResumePoint {
  const point = value as Partial<ResumePoint> | null;
  return (
    typeof point === "object" && point !== null && Number.isFinite(point.seconds) && Number.isFinite(point.at)
  );
}

export function browserResumeStore(): ResumeStore {
  return new ResumeStore(storageOrNull("sessionStorage"), storageOrNull("localStorage"));
}
