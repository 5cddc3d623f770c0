import { expect, test } from "vitest";
import { cutOf, dragged, outputSize, WHOLE } from "./crop";

const WIDE = { width: 1920, height: 1080 };

test("without a choice the cut is as large as fits, in the middle", () => {
  expect(cutOf(WIDE, 2 / 3, WHOLE)).toEqual({ x: 600, y: 0, width: 720, height: 1080 });
  expect(cutOf({ width: 1000, height: 2000 }, 16 / 9, WHOLE)).toMatchObject({
    x: 0,
    width: 1000,
    height: 562.5,
  });
});

test("the cut never leaves the image", () => {
  const corner = cutOf(WIDE, 2 / 3, { zoom: 2, centerX: 1, centerY: 0 });
  expect(corner).toEqual({ x: 1560, y: 0, width: 360, height: 540 });
});

test("dragging to the right shows what is further left, up to the edge", () => {
  const choice = { ...WHOLE, zoom: 2 };
  const moved = dragged(WIDE, 16 / 9, choice, 0.25, 0);
  expect(cutOf(WIDE, 16 / 9, moved).x).toBeCloseTo(cutOf(WIDE, 16 / 9, choice).x - 240);
  const edge = dragged(WIDE, 16 / 9, choice, 9, 9);
  expect(cutOf(WIDE, 16 / 9, edge)).toMatchObject({ x: 0, y: 0 });
  // At the edge the centre does not run away, so dragging back moves the image at once.
  expect(cutOf(WIDE, 16 / 9, dragged(WIDE, 16 / 9, edge, -0.1, 0)).x).toBeCloseTo(96);
});

test("a cut is reduced to the widest size that pages use, and never enlarged", () => {
  expect(outputSize({ width: 4000, height: 6000 }, 2000)).toEqual({ width: 2000, height: 3000 });
  expect(outputSize({ width: 300, height: 450 }, 2000)).toEqual({ width: 300, height: 450 });
});
