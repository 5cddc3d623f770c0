import { expect, test } from "vitest";
import { en } from "../../i18n/en";
import { countryOptions } from "./country-options";

test("every country can be chosen once, the neighbours first", () => {
  const options = countryOptions(en, "en");
  const codes = options.map(({ value }) => value);
  expect(codes.slice(0, 2)).toEqual(["LA", "TH"]);
  expect(new Set(codes).size).toBe(249);
  expect(codes.length).toBe(249);
  expect(options.at(-1)?.label).toBe("Zimbabwe");
});
