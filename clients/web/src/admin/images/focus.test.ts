import { expect, test } from "vitest";
import { CENTRE, focusAt, movedByKey } from "./focus";

test("arrow keys move the point, with Shift farther, and never out of the image", () => {
  expect(movedByKey(CENTRE, "ArrowLeft", false)).toEqual({ x: 0.49, y: 0.5 });
  expect(movedByKey(CENTRE, "ArrowDown", true)).toEqual({ x: 0.5, y: 0.6 });
  expect(movedByKey({ x: 0.995, y: 0.005 }, "ArrowRight", false)).toEqual({ x: 1, y: 0.005 });
  expect(movedByKey({ x: 0.995, y: 0.005 }, "ArrowUp", true)).toEqual({ x: 0.995, y: 0 });
  expect(movedByKey(CENTRE, "Enter", false)).toBeNull();
});

test("a place of the screen is a point of the image, also beside it", () => {
  const box = { left: 100, top: 50, width: 400, height: 200 };
  expect(focusAt(box, 200, 200)).toEqual({ x: 0.25, y: 0.75 });
  expect(focusAt(box, 0, 999)).toEqual({ x: 0, y: 1 });
});
