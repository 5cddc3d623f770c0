import { ApiError } from "@nang/api-client";
import { expect, test } from "vitest";
import { en } from "./en";
import { lo } from "./lo";
import { explain, serverDetail } from "./problems";

const problem = (status: number, kind: string) =>
  new ApiError(status, { type: `urn:nang:problem:${kind}`, title: "Title", detail: "The server's words." });

test("Lao pages say a problem in Lao, by its kind", () => {
  expect(explain(problem(429, "throttled"), lo, "lo")).toBe(lo.problems.throttled);
  expect(explain(problem(409, "an-unknown-kind"), lo, "lo")).toBe(lo.errors.unknown);
  expect(explain(new ApiError(0, null), lo, "lo")).toBe(lo.errors.network);
  expect(explain(new TypeError("x is not a function"), lo, "lo")).toBe(lo.errors.unknown);
});

test("English pages say what the server says, but not about its own failures", () => {
  expect(explain(problem(409, "conflict"), en, "en")).toBe("The server's words.");
  expect(explain(problem(500, "internal"), en, "en")).toBe(en.problems.internal);
  expect(explain(problem(507, "storage-full"), en, "en")).toBe("The server's words.");
});

test("a general sentence in Lao has the server's words beside it", () => {
  expect(serverDetail(problem(409, "conflict"), "lo")).toBe("The server's words.");
  expect(serverDetail(problem(409, "conflict"), "en")).toBeNull();
  expect(serverDetail(problem(429, "throttled"), "lo")).toBeNull();
});
