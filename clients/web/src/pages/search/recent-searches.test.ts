import { expect, test } from "vitest";
import { withSearch } from "./recent-searches";

test("the newest search is first, each is kept once, and only the last eight are kept", () => {
  expect(withSearch(["ນາງ", "Mekong"], "mekong")).toEqual(["mekong", "ນາງ"]);
  const many = ["1", "2", "3", "4", "5", "6", "7", "8"];
  expect(withSearch(many, "0")).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
});
