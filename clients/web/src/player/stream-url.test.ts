import { expect, test } from "vitest";
import { parseStreamUrl, withCurrentToken } from "./stream-url";

const PAGE = "https://films.gov.la/films/f1";
const OLD = parseStreamUrl("/v/old-token/f1/presentations/p1/main.m3u8", PAGE);
const NEW = parseStreamUrl("/v/new-token/f1/presentations/p1/main.m3u8", PAGE);

test("a stream URL is parsed, on this host or another", () => {
  expect(OLD).toEqual({
    href: "https://films.gov.la/v/old-token/f1/presentations/p1/main.m3u8",
    prefix: "https://films.gov.la/v/",
    token: "old-token",
    film: "/f1/",
    playlist: "/f1/presentations/p1/main.m3u8",
  });
  expect(parseStreamUrl("https://cdn.example/nang/v/t/f/presentations/p/main.m3u8", PAGE).prefix).toBe(
    "https://cdn.example/nang/v/",
  );
  expect(() => parseStreamUrl("/films/f1", PAGE)).toThrow(TypeError);
});

test.each([
  [
    "https://films.gov.la/v/old-token/f1/builds/b1/480p/00001.m4s",
    "https://films.gov.la/v/new-token/f1/builds/b1/480p/00001.m4s",
  ],
  [
    "https://films.gov.la/v/new-token/f1/builds/b1/480p/00001.m4s",
    "https://films.gov.la/v/new-token/f1/builds/b1/480p/00001.m4s",
  ],
  [
    "https://films.gov.la/v/old-token/f2/presentations/p1/main.m3u8",
    "https://films.gov.la/v/old-token/f2/presentations/p1/main.m3u8",
  ],
  ["https://films.gov.la/v/old-token", "https://films.gov.la/v/old-token"],
  [
    "https://elsewhere.la/v/old-token/f1/presentations/p1/main.m3u8",
    "https://elsewhere.la/v/old-token/f1/presentations/p1/main.m3u8",
  ],
])("%s is requested as %s", (url, expected) => {
  expect(withCurrentToken(url, NEW)).toBe(expected);
});
