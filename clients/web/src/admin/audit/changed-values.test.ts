import { expect, test } from "vitest";
import { changedValues } from "./changed-values";

test("a change has its values before and after, line by line", () => {
  const changes = {
    visibility: ["draft", "public"],
    titles: [{ en: "River" }, { en: "The River", lo: "ແມ່ນ້ຳ" }],
  };
  expect(changedValues("film.update", changes)).toEqual([
    { field: "visibility", before: "draft", after: "public" },
    { field: "titles", before: "en: River", after: "en: The River\nlo: ແມ່ນ້ຳ" },
  ]);
});

test("a list of two in something created is no pair", () => {
  expect(changedValues("film.create", { countries: ["LA", "TH"] })).toEqual([
    { field: "countries", before: null, after: "LA, TH" },
  ]);
});

test("an emptied field has no value after", () => {
  expect(changedValues("film.update", { year: [1998, null], awards: [{ en: "x" }, {}] })).toEqual([
    { field: "year", before: "1998", after: null },
    { field: "awards", before: "en: x", after: null },
  ]);
});
