import decodeQr from "qr/decode.js";
import { expect, test } from "vitest";
import { qrPath } from "./qr-path";

const SCALE = 4;

/** The path as an image in grey, as a camera sees it. */
function drawn({ size, path }: { size: number; path: string }) {
  const width = size * SCALE;
  const data = new Uint8Array(width * width * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h/g)) {
    for (let row = 0; row < SCALE; row += 1) {
      const from = ((Number(y) * SCALE + row) * width + Number(x) * SCALE) * 4;
      for (let at = from; at < from + SCALE * 4; at += 4) {
        data.fill(0, at, at + 3);
      }
    }
  }
  return { width, height: width, data };
}

test("a scanner reads the link", () => {
  const link = `https://films.example.la/register#${"aB3_".repeat(11)}`;
  expect(decodeQr(drawn(qrPath(link)))).toBe(link);
});
