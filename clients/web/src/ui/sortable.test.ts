import { expect, test } from "vitest";
import { movedTo } from "./sortable";

test.each([
  [0, 2, ["b", "c", "a"]],
  [2, 0, ["c", "a", "b"]],
  [1, 1, ["a", "b", "c"]],
  [5, 0, ["a", "b", "c"]],
])("the item at %i moves to %i", (from, to, expected) => {
  expect(movedTo(["a", "b", "c"], from, to)).toEqual(expected);
});
