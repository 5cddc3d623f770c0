import { expect, test } from "vitest";
import { countFilters, filmFilter, readBrowseSearch } from "./film-filter";

test("an address is read as filters, and nonsense in it is ignored", () => {
  expect(readBrowseSearch({ genre: "drama", decade: "1994", sort: "year", length: "long", x: "1" })).toEqual({
    genre: "drama",
    decade: 1990,
    sort: "year",
    length: "long",
  });
  expect(readBrowseSearch({ decade: "1931" })).toEqual({ decade: 0 });
  expect(readBrowseSearch({ decade: "-1", sort: "colour", length: "", available: "later" })).toEqual({});
});

test("filters become parameters of the API", () => {
  expect(filmFilter({ decade: 1990, length: "medium", available: "now", sort: "title" }, "lo")).toEqual({
    year_from: 1990,
    year_to: 1999,
    runtime_min_ms: 1_800_000,
    runtime_max_ms: 5_400_000,
    availability: "now",
    sort: "title_lo",
  });
  expect(filmFilter({ decade: 0, genre: "drama" }, "en")).toEqual({ year_to: 1959, genre: "drama" });
  expect(filmFilter({}, "en")).toEqual({});
});

test("the order of the list is no filter", () => {
  expect(countFilters({ sort: "year" })).toBe(0);
  expect(countFilters({ sort: "year", genre: "drama", decade: 0 })).toBe(2);
});
