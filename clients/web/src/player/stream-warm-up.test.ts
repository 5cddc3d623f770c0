import { expect, test } from "vitest";
import { initSectionOf } from "./stream-warm-up";

test("the init section of a playlist is found", () => {
  const playlist = '#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:6,\n00001.m4s\n';
  expect(initSectionOf(playlist)).toBe("init.mp4");
  expect(initSectionOf('#EXT-X-MAP:BYTERANGE="80@0",URI="a.mp4"')).toBe("a.mp4");
  expect(initSectionOf("#EXTM3U\n#EXTINF:6,\n00001.ts\n")).toBeNull();
});
