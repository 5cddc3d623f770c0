import { expect, test } from "vitest";
import { encodingOptions, previewOf, spokenLines } from "./encoding-preview";

test("the preview has only what viewers read", () => {
  expect(spokenLines("1\r\n00:00:01,000 --> 00:00:02,000\r\nສະບາຍດີ\r\n\r\n2\r\n")).toEqual(["ສະບາຍດີ"]);
  expect(spokenLines("WEBVTT\n\nNOTE by me\n\n00:01.000 --> 00:02.000\nHello\n")).toEqual(["Hello"]);
  const ass =
    "[Script Info]\nTitle: x\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,{\\i1}One,\\Ntwo";
  expect(spokenLines(ass)).toEqual(["One, two"]);
});

test("a file is decoded with the chosen encoding", async () => {
  const file = new Blob([new Uint8Array([0xca, 0xc7, 0xd1, 0xca, 0xb4, 0xd5])]);
  expect(await previewOf(file, "windows-874")).toEqual(["สวัสดี"]);
  expect(await previewOf(file, "no-such-encoding")).toBeNull();
});

test("the guess is the first option and is listed once", () => {
  const options = encodingOptions("windows-874");
  expect(options[0]).toBe("windows-874");
  expect(new Set(options).size).toBe(options.length);
  expect(encodingOptions("KOI8-R")[0]).toBe("koi8-r");
});
