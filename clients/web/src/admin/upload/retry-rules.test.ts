import { expect, test } from "vitest";
import { goesOnOnline, mayBeSignedOut, mayPass } from "./retry-rules";

test.each([0, 408, 409, 423, 429, 500, 502, 503, 504])("what %i says may be over in a moment", (status) => {
  expect(mayPass(status)).toBe(true);
});

test.each([400, 401, 403, 404, 410, 412, 413, 415, 460, 507])(
  "%i is the same however often it is asked",
  (status) => {
    expect(mayPass(status)).toBe(false);
  },
);

test("a token that ran out is renewed a few times, and not for ever", () => {
  expect([0, 1, 2, 3].map((attempt) => mayBeSignedOut(401, attempt))).toEqual([true, true, true, false]);
  expect(mayBeSignedOut(403, 0)).toBe(false);
});

test("an upload that failed for the link's sake goes on when the computer is online, whatever words it shows", () => {
  expect(goesOnOnline("failed", 0)).toBe(true);
  expect(goesOnOnline("failed", 408)).toBe(true);
  expect(goesOnOnline("failed", 503)).toBe(true);
});

test("what the server refused, or a person paused, does not go on by itself", () => {
  expect(goesOnOnline("failed", 413)).toBe(false);
  expect(goesOnOnline("failed", 507)).toBe(false);
  for (const phase of ["paused", "running", "waiting", "done"] as const) {
    expect(goesOnOnline(phase, 0)).toBe(false);
  }
});
