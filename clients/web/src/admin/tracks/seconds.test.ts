import { expect, test } from "vitest";
import { parseShift } from "./seconds";

test("a shift has a sign and decimals with a point or a comma", () => {
  const cases: [string, number | null][] = [
    ["", 0],
    [" ", 0],
    ["0", 0],
    ["-0", 0],
    ["2", 2000],
    ["+1.5", 1500],
    ["-0,25", -250],
    ["\u22121.2", -1200],
    ["- 3", -3000],
    [".5", 500],
    ["86400", 86_400_000],
    ["86401", null],
    ["1.2345", null],
    [".", null],
    ["-", null],
    ["1:30", null],
    ["two", null],
  ];
  for (const [text, ms] of cases) {
    expect(parseShift(text), text).toBe(ms);
  }
});
