import { expect, test } from "vitest";
import { initSectionOf, segmentAt } from "./media-playlist";

const PLAYLIST = `#EXTM3U
#EXT-X-TARGETDURATION:6
#EXT-X-MAP:URI="init.mp4"
#EXTINF:6,
00001.m4s
#EXTINF:6.0,title
#EXT-X-BITRATE:120
00002.m4s
#EXTINF:2.5,
00003.m4s
#EXT-X-ENDLIST
`;

test("the init section of a playlist is found", () => {
  expect(initSectionOf(PLAYLIST)).toBe("init.mp4");
  expect(initSectionOf('#EXT-X-MAP:BYTERANGE="80@0",URI="a.mp4"')).toBe("a.mp4");
  expect(initSectionOf("#EXTM3U\n#EXTINF:6,\n00001.ts\n")).toBeNull();
});

test("the segment at a position is found", () => {
  const found = (seconds: number) => segmentAt(PLAYLIST, seconds);
  expect([0, 5.99, 6, 13, 14.49].map(found)).toEqual([
    "00001.m4s",
    "00001.m4s",
    "00002.m4s",
    "00003.m4s",
    "00003.m4s",
  ]);
  expect(found(14.5)).toBeNull();
  expect(segmentAt(PLAYLIST.replaceAll("\n", "\r\n"), 6)).toBe("00002.m4s");
  expect(segmentAt("#EXTM3U\n", 0)).toBeNull();
});
