import { expect, test } from "vitest";
import { previewToken } from "./preview-token";

const TOKEN = "6Jb1Xn1wqk8hVqz5dJb0Ckc5u0Q3yqW9wS0m4tqj0aY";

function tab() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

test("the tab remembers the token while the address names a part of the page", () => {
  const one = tab();
  expect(previewToken(TOKEN, one)).toBe(TOKEN);
  expect(previewToken("content", one)).toBe(TOKEN);
  expect(previewToken("content", tab())).toBe("");
});

test("an address without a token, or with half of one, shows nothing", () => {
  expect(previewToken("", tab())).toBe("");
  expect(previewToken(TOKEN.slice(1), tab())).toBe("");
  expect(previewToken(TOKEN, null)).toBe(TOKEN);
});
