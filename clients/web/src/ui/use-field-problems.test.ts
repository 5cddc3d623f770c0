import { expect, test } from "vitest";
import { problemsOf, withChecked } from "./use-field-problems";

const RULES = {
  name: (value: string) => (value === "" ? "empty" : null),
  email: (value: string) => (value.includes("@") ? null : "no address"),
};

test("the fields that are wrong are found", () => {
  const values = { name: "", email: "noy@example.org" };
  expect(problemsOf(RULES, (name) => values[name])).toEqual({ name: "empty" });
});

test("a field that is right loses its message, and the others keep theirs", () => {
  const before = { name: "empty", email: "no address" };
  expect(withChecked(before, "email", null)).toEqual({ name: "empty" });
  expect(withChecked(before, "email", "still wrong")).toEqual({ name: "empty", email: "still wrong" });
});
