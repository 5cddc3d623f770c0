import { afterEach, expect, test, vi } from "vitest";
import { earlyFetch } from "./early-fetch";

const requested: string[] = [];
vi.stubGlobal("fetch", async (url: string) => {
  requested.push(url);
  return new Response("later");
});

afterEach(() => {
  requested.length = 0;
});

function askEarly(url: string, response: Promise<Response>) {
  vi.stubGlobal("nangEarly", new Map([[url, response]]));
}

const textOf = async (url: string, init: RequestInit = {}) => (await earlyFetch(url, init)).text();

test("an early response is used once", async () => {
  askEarly("/api/films", Promise.resolve(new Response("early")));
  expect(await textOf("/api/films")).toBe("early");
  expect(await textOf("/api/films")).toBe("later");
  expect(requested).toEqual(["/api/films"]);
});

test("a request of an account, and one after a failure, are sent", async () => {
  askEarly("/api/films", Promise.resolve(new Response("early")));
  expect(await textOf("/api/films", { headers: { Authorization: "Bearer x" } })).toBe("later");
  askEarly("/api/films", Promise.reject(new TypeError("no network")));
  expect(await textOf("/api/films")).toBe("later");
  expect(requested).toHaveLength(2);
});
