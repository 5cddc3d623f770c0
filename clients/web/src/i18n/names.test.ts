import { expect, test } from "vitest";
import { en } from "./en";
import { lo } from "./lo";
import { countryName } from "./names";

test("countries have names in both languages, former ones and those that no browser knows in Lao too", () => {
  expect(countryName("LA", lo, "lo")).toBe("ລາວ");
  expect(countryName("SU", lo, "lo")).toBe("ສະຫະພາບໂຊວຽດ");
  expect(countryName("BT", lo, "lo")).toBe("ພູຖານ");
  expect(countryName("BT", en, "en")).toBe("Bhutan");
  expect(countryName("XX", lo, "lo")).toBe("XX");
});
