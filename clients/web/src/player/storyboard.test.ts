import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseIndex, Storyboard, tileAt } from "./storyboard";

const INDEX_URL = "https://films.gov.la/v/token/f1/b1/storyboard/index.vtt";
const INDEX = `WEBVTT

00:00:00.000 --> 00:00:05.005
00001.jpg#xywh=0,0,160,90

00:00:05.005 --> 00:00:10.010
00001.jpg#xywh=160,0,160,90

01:00:10.010 --> 01:00:12.000
00002.jpg#xywh=0,90,160,90
`;
const LAYOUT = { url: INDEX_URL, interval_ms: 5005, tile_width: 160, tile_height: 90, columns: 4, rows: 3 };

test.each([
  [0, "00001.jpg", 0, 0],
  [5, "00001.jpg", 0, 0],
  [5.005, "00001.jpg", 160, 0],
  [3610.01, "00002.jpg", 0, 90],
  [9999, "00002.jpg", 0, 90],
  [-1, "00001.jpg", 0, 0],
])("at %d s the film shows %s at %d,%d", (seconds, sheet, x, y) => {
  for (const text of [INDEX, INDEX.replaceAll("\n", "\r\n"), INDEX.replaceAll("00:00:", "00:")]) {
    const tiles = parseIndex(text, INDEX_URL);
    expect(tiles).toHaveLength(3);
    expect(tileAt(tiles, seconds)).toMatchObject({
      sheet: `https://films.gov.la/v/token/f1/b1/storyboard/${sheet}`,
      x,
      y,
      width: 160,
      height: 90,
    });
  }
});

test("a file that is not an index has no thumbnails", () => {
  for (const text of ["", "WEBVTT\n", "<html>", "00:00:00.000 --> 00:00:01.000\nHello"]) {
    expect(parseIndex(text, INDEX_URL)).toEqual([]);
  }
  expect(tileAt([], 3)).toBeNull();
});

beforeEach(() => {
  vi.stubGlobal("location", { href: "https://films.gov.la/films/f1" });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("the index is fetched once, with the newest token, and again only after a failure", async () => {
  const responses = [new Response("", { status: 403 }), new Response(INDEX)];
  const fetch = vi.fn(async (_url: string) => responses.shift() ?? new Response(""));
  vi.stubGlobal("fetch", fetch);
  const storyboard = new Storyboard(LAYOUT, (url) => url.replace("/token/", "/newer/"));
  await expect(storyboard.tiles()).rejects.toThrow("403");
  expect(await storyboard.tiles()).toHaveLength(3);
  expect(await storyboard.tiles()).toHaveLength(3);
  expect(fetch.mock.calls).toEqual([
    [INDEX_URL.replace("/token/", "/newer/")],
    [INDEX_URL.replace("/token/", "/newer/")],
  ]);
});
