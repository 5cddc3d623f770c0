import { beforeEach, expect, test, vi } from "vitest";

const requested: string[] = [];
vi.stubGlobal("fetch", async (url: string) => {
  requested.push(url);
  return new Response('"later"');
});

beforeEach(() => {
  requested.length = 0;
  vi.resetModules();
});

async function moduleInPageWith(answers: object | null) {
  const textContent = JSON.stringify(answers);
  vi.stubGlobal("document", { getElementById: () => answers && { textContent } });
  return import("./early-fetch");
}

async function inPageWith(answers: object | null) {
  const { earlyFetch } = await moduleInPageWith(answers);
  return async (url: string, init: RequestInit = {}) => (await earlyFetch(url, init)).json();
}

test("an early answer is used once", async () => {
  const get = await inPageWith({ "/api/films": "early" });
  expect(await get("/api/films")).toBe("early");
  expect(await get("/api/films")).toBe("later");
  expect(requested).toEqual(["/api/films"]);
});

test("a request of an account is sent, and one without an early answer", async () => {
  const get = await inPageWith({ "/api/films": "early" });
  expect(await get("/api/films", { headers: { Authorization: "Bearer x" } })).toBe("later");
  expect(await (await inPageWith(null))("/api/films")).toBe("later");
  expect(requested).toHaveLength(2);
});

test("what the first page did not use is forgotten", async () => {
  const { earlyFetch, forgetEarlyAnswers, hasEarlyAnswers } = await moduleInPageWith({
    "/api/films": "early",
  });
  expect(hasEarlyAnswers()).toBe(true);
  forgetEarlyAnswers();
  expect(hasEarlyAnswers()).toBe(false);
  expect(await (await earlyFetch("/api/films", {})).json()).toBe("later");
});
