import { ApiError } from "@nang/api-client";
import { expect, test } from "vitest";
import { fileProblems, guessedEncoding, linesOf } from "./file-problems";

function refusal(errors: { field: string; detail: string }[]): ApiError {
  return new ApiError(422, { type: "urn:nang:problem:invalid", status: 422, errors });
}

test("errors are grouped by line, and the lines are sorted", () => {
  const { lines, file, fields } = fileProblems(
    refusal([
      { field: "line 12", detail: "has no times" },
      { field: "line 2", detail: "ends before it starts" },
      { field: "line 12", detail: "is not UTF-8" },
      { field: "file", detail: "has 3 more errors" },
      { field: "file", detail: "the file is empty" },
      { field: "language", detail: "is not a BCP 47 language tag" },
    ]),
  );
  expect(lines).toEqual([
    { line: 2, details: ["ends before it starts"] },
    { line: 12, details: ["has no times", "is not UTF-8"] },
  ]);
  expect(file).toEqual(["the file has 3 more errors", "the file is empty"]);
  expect(fields).toEqual({ language: "is not a BCP 47 language tag" });
});

test("an error without a list of fields has no groups", () => {
  for (const error of [null, new Error("x"), new ApiError(0, null), new ApiError(500, {})]) {
    expect(fileProblems(error)).toEqual({ lines: [], file: [], fields: {} });
  }
});

test("lines end as the server counts them", () => {
  expect(linesOf("1\r\n2\n3\r4")).toEqual(["1", "2", "3", "4"]);
});

test("a guessed encoding is read only from its own problem", () => {
  const type = "urn:nang:problem:confirm-encoding";
  const problem = { type, encoding: "windows-874", preview: ["สวัสดี", 4] } as never;
  expect(guessedEncoding(new ApiError(409, problem))).toEqual({
    encoding: "windows-874",
    preview: ["สวัสดี"],
  });
  expect(guessedEncoding(new ApiError(409, { type }))).toBeNull();
  expect(guessedEncoding(new ApiError(409, { type: "about:blank" }))).toBeNull();
});
