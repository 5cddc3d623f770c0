import { expect, test } from "vitest";
import { isTransient, mayHaveExpiredToken, resumesOnline } from "./retry-rules";

test.each([0, 408, 409, 423, 429, 500, 502, 503, 504])("status %i is transient", (status) => {
  expect(isTransient(status)).toBe(true);
});

test.each([400, 401, 403, 404, 410, 412, 413, 415, 460, 507])("status %i is permanent", (status) => {
  expect(isTransient(status)).toBe(false);
});

test("an expired token is refreshed a limited number of times", () => {
  expect([0, 1, 2, 3].map((attempt) => mayHaveExpiredToken(401, attempt))).toEqual([true, true, true, false]);
  expect(mayHaveExpiredToken(403, 0)).toBe(false);
});

test("an upload that failed with a transient error resumes when the computer is online", () => {
  expect(resumesOnline("failed", 0)).toBe(true);
  expect(resumesOnline("failed", 408)).toBe(true);
  expect(resumesOnline("failed", 503)).toBe(true);
});

test("an upload that the server refused or a user paused does not resume automatically", () => {
  expect(resumesOnline("failed", 413)).toBe(false);
  expect(resumesOnline("failed", 507)).toBe(false);
  for (const phase of ["paused", "running", "waiting", "done"] as const) {
    expect(resumesOnline(phase, 0)).toBe(false);
  }
});
