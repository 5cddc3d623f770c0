import { expect, test } from "vitest";
import { preferredLanguage, secondTitleOf, titleOf } from "./language";

test.each([
  [["en-US", "lo"], "en"],
  [["th-TH", "lo-LA", "en"], "lo"],
  [["fr-FR"], "lo"],
  [[], "lo"],
])("a browser with the languages %j gets %s", (wanted, expected) => {
  expect(preferredLanguage(wanted)).toBe(expected);
});

test("a title is shown in the user's language, or else in another one that it has", () => {
  const both = { lo: "ສະບາຍດີ ຫຼວງພະບາງ", en: "Good Morning, Luang Prabang" };
  expect(titleOf(both, "en", "?").text).toBe("Good Morning, Luang Prabang");
  expect(titleOf({ lo: "ໜັງ", en: "  " }, "en", "?")).toEqual({ text: "ໜັງ", lang: "lo" });
  expect(titleOf({ fr: "Le film" }, "lo", "?")).toEqual({ text: "Le film", lang: "fr" });
  expect(titleOf({}, "lo", "?").text).toBe("?");
  expect(secondTitleOf(both, "en")).toEqual({ text: both.lo, lang: "lo" });
  expect(secondTitleOf({ en: "Only" }, "lo")).toBeNull();
});
