/**
 * Recognises what fingers do on the video: a tap, taps that follow each other quickly, a swipe to the side, a swipe down.
 *
 * Times and places come in as arguments. A tap is reported at once, because waiting for a second one would make the controls slow.
 */
export interface TouchPoint {
  x: number;
  y: number;
  atMs: number;
}

export type Side = "left" | "middle" | "right";

export type Gesture =
  | { kind: "tap" }
  /** The second or a later of several quick taps on one side. */
  | { kind: "repeated-tap"; side: Side }
  /** Moving sideways: the distance from the start as a part of the width, −1 to 1. */
  | { kind: "scrub"; fraction: number }
  | { kind: "scrub-end"; fraction: number }
  | { kind: "scrub-cancel" }
  | { kind: "swipe-down" };

/** A finger that moves less stays in its place. */
const SLOP_PX = 24;
const MAX_TAP_MS = 350;
const REPEAT_MS = 350;
const SWIPE_DOWN_PX = 80;

export class TouchGestures {
  #start: TouchPoint | null = null;
  #isScrubbing = false;
  #lastTap: { side: Side; atMs: number } | null = null;

  constructor(private readonly width: () => number) {}

  down(point: TouchPoint): void {
    this.#start = point;
    this.#isScrubbing = false;
  }

  move(point: TouchPoint): Gesture | null {
    if (!this.#start) {
      return null;
    }
    const { dx, dy } = this.#distance(point);
    if (!this.#isScrubbing && Math.abs(dx) > SLOP_PX && Math.abs(dx) > 2 * Math.abs(dy)) {
      this.#isScrubbing = true;
    }
    return this.#isScrubbing ? { kind: "scrub", fraction: this.#fraction(dx) } : null;
  }

  up(point: TouchPoint): Gesture | null {
    const start = this.#start;
    if (!start) {
      return null;
    }
    const { dx, dy } = this.#distance(point);
    this.#start = null;
    if (this.#isScrubbing) {
      this.#isScrubbing = false;
      return { kind: "scrub-end", fraction: this.#fraction(dx) };
    }
    if (dy > SWIPE_DOWN_PX && dy > 2 * Math.abs(dx)) {
      return { kind: "swipe-down" };
    }
    const isTap = Math.abs(dx) <= SLOP_PX && Math.abs(dy) <= SLOP_PX && point.atMs - start.atMs <= MAX_TAP_MS;
    return isTap ? this.#tap(point) : null;
  }

  /** The browser took the touch over, for example to scroll the page. */
  cancel(): Gesture | null {
    const wasScrubbing = this.#isScrubbing;
    this.#start = null;
    this.#isScrubbing = false;
    return wasScrubbing ? { kind: "scrub-cancel" } : null;
  }

  #tap({ x, atMs }: TouchPoint): Gesture {
    const width = this.width();
    const side: Side = x < width / 3 ? "left" : x > (2 * width) / 3 ? "right" : "middle";
    const last = this.#lastTap;
    this.#lastTap = { side, atMs };
    return last !== null && last.side === side && atMs - last.atMs <= REPEAT_MS
      ? { kind: "repeated-tap", side }
      : { kind: "tap" };
  }

  #distance({ x, y }: TouchPoint): { dx: number; dy: number } {
    return { dx: x - (this.#start?.x ?? x), dy: y - (this.#start?.y ?? y) };
  }

  #fraction(dx: number): number {
    return Math.max(-1, Math.min(1, dx / Math.max(1, this.width())));
  }
}

/** What a swipe over the whole width moves: two minutes, or the whole of a shorter film. */
export function scrubSeconds(fraction: number, durationSeconds: number): number {
  return fraction * Math.min(120, durationSeconds);
}
