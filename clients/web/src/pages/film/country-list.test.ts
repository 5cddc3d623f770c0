import { expect, test } from "vitest";
import { en } from "../../i18n/en";
import { countryList } from "./country-list";

test("a long list of countries ends with their number", () => {
  expect(countryList(["LA", "TH"], en, "en")).toBe("Laos, Thailand");
  const many = ["LA", "TH", "VN", "KH", "MM", "CN", "JP", "KR", "FR", "DE", "GB", "US"];
  expect(countryList(many.slice(0, 11), en, "en")).toMatch(/Germany, United Kingdom$/);
  expect(countryList(many, en, "en")).toMatch(/^Laos, .*, Germany and 2 more$/);
});
