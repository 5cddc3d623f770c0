/**
 * Where a viewer without an account stopped, kept by the browser: for this tab first, for the device after it.
 *
 * Storage may be missing or full (private windows); then a film simply starts at its beginning.
 */
import { storageOrNull } from "../lib/storage";

export interface ResumePoint {
  seconds: number;
  /** When it was kept, in milliseconds since 1970. */
  at: number;
}

/** Less than this is not worth going back to. */
const WORTH_RESUMING_S = 5;
const DEVICE_MEMORY_MS = 90 * 24 * 3600 * 1000;

export class ResumeStore {
  constructor(
    private readonly tab: Storage | null,
    private readonly device: Storage | null,
    private readonly now: () => number = Date.now,
  ) {}

  /** Seconds to go on from, or 0 for the beginning. */
  read(filmId: string, durationSeconds: number): number {
    const point = this.#load(this.tab, filmId) ?? this.#recent(this.#load(this.device, filmId));
    if (!point || point.seconds < WORTH_RESUMING_S || point.seconds >= creditsStart(durationSeconds)) {
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
    return point && this.now() - point.at < DEVICE_MEMORY_MS ? point : null;
  }
}

/** Past this point a film counts as seen: its last 3 %, between one second and two minutes. */
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
