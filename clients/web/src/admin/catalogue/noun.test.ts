import { expect, test } from "vitest";
import { filledTexts } from "./noun";

test("a language without a text is left out, and so is a text of spaces", () => {
  expect(filledTexts({ lo: " ລະຄອນ ", en: "  " })).toEqual({ lo: "ລະຄອນ" });
  expect(filledTexts({ lo: "", en: " " })).toBeNull();
});
