import { expect, test } from "vitest";
import { changedFields, rebase } from "./rebase";

const BASE = { title: "River", year: "1998", genres: ["drama"], rating: "" };

test("each side's change is kept if the other side did not touch the field", () => {
  const mine = { ...BASE, title: "The River" };
  const theirs = { ...BASE, genres: ["drama", "comedy"] };
  expect(rebase(BASE, mine, theirs)).toEqual({
    draft: { title: "The River", year: "1998", genres: ["drama", "comedy"], rating: "" },
    conflicts: [],
    adopted: ["genres"],
  });
});

test("a field that both sides changed differently is a conflict and keeps the editor's value", () => {
  const { draft, conflicts, adopted } = rebase(BASE, { ...BASE, year: "1999" }, { ...BASE, year: "2001" });
  expect(draft.year).toBe("1999");
  expect(conflicts).toEqual(["year"]);
  expect(adopted).toEqual([]);
});

test("the same change on both sides is no conflict", () => {
  const changed = { ...BASE, genres: ["comedy"] };
  expect(rebase(BASE, changed, { ...BASE, genres: ["comedy"] }).conflicts).toEqual([]);
});

test("only fields that differ are sent, and lists are compared by their content", () => {
  expect(changedFields(BASE, { ...BASE, genres: ["drama"], rating: "13+" })).toEqual(["rating"]);
  expect(changedFields(BASE, { ...BASE, genres: ["comedy", "drama"] })).toEqual(["genres"]);
});
