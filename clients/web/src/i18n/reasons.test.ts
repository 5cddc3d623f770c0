import { expect, test } from "vitest";
import { reasonIn } from "./reasons";

test.each([
  "This file has audio (aac) but no video. Upload the file that contains the film's video.",
  "This file has no video and no audio. Upload the film itself.",
  "The video lasts only 80 ms; a film must last at least half a second. Upload the whole film.",
  "The file has 40 audio tracks; at most 32 are accepted. Remove those that viewers do not need.",
  "The same file as “river.mov”, which the film already has.",
  "The encode was cancelled.",
  "This file is a text file, not a film. Upload the film itself.",
  "This file is a still image (PNG), not a film. Upload the film itself.",
  "This file is an HLS playlist, a list of addresses rather than a film. Upload the film itself.",
  "This file is a session description (SDP), the address of a broadcast rather than a film. Upload the film itself.",
  "This file is not a film that Nang can read: it has no known container format.",
  "The worker stopped responding 3 times while encoding chunk 4.",
])("%s", (text) => {
  const lao = reasonIn(text, "lo");
  expect(lao).toMatch(/\p{Script=Lao}/u);
  expect(lao).not.toMatch(/undefined/);
  expect(reasonIn(text, "en")).toBe(text);
});

test("the values of a reason stay in it", () => {
  expect(
    reasonIn("The video is HDR (smpte2084), which Nang cannot convert for ordinary screens yet.", "lo"),
  ).toContain("smpte2084");
  expect(reasonIn("The same file as “ແມ່ນ້ຳ.mov”, which the film already has.", "lo")).toContain("ແມ່ນ້ຳ.mov");
});

test("a reason that the page does not know is left to the server's words", () => {
  expect(reasonIn("something new happened", "lo")).toBeNull();
});
