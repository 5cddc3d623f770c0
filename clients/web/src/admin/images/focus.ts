/** The point of an image that stays in sight, from 0 (left, top) to 1. */
import type { Image } from "@nang/api-client";

export type Focus = NonNullable<Image["focus"]>;

export const CENTRE: Focus = { x: 0.5, y: 0.5 };

/** How far an arrow key moves the point; with Shift ten times as far. */
const KEY_STEP = 0.01;

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The point after a key; null if the key does not move it. */
export function movedByKey(focus: Focus, key: string, isFar: boolean): Focus | null {
  const direction = DIRECTIONS[key];
  const step = isFar ? KEY_STEP * 10 : KEY_STEP;
  return direction
    ? { x: rounded(focus.x + direction[0] * step), y: rounded(focus.y + direction[1] * step) }
    : null;
}

/** The point of the image at this place of the screen. */
export function focusAt(
  box: { left: number; top: number; width: number; height: number },
  clientX: number,
  clientY: number,
): Focus {
  return { x: rounded((clientX - box.left) / box.width), y: rounded((clientY - box.top) / box.height) };
}

/** The server keeps thousandths. */
function rounded(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;
}
