import { expect, test } from "vitest";
import { newPositions } from "./noun-order";

const item = (name: string, position: number) => ({ name, position });
const of = ({ position }: { position: number }) => position;

test("items that are in order keep their positions", () => {
  expect(newPositions([item("a", 1), item("b", 5)], of)).toEqual([]);
});

test("only items whose place changes get a new position", () => {
  const [a, b, c] = [item("a", 10), item("b", 20), item("c", 30)];
  expect(newPositions([a, c, b], of)).toEqual([
    { item: c, position: 20 },
    { item: b, position: 30 },
  ]);
});

test("items with the same position have different positions afterwards", () => {
  const [a, b] = [item("a", 0), item("b", 0)];
  expect(newPositions([b, a], of).map(({ position }) => position)).toEqual([10, 20]);
});
