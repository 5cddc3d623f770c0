import { expect, test } from "vitest";
import { NangClient } from "./client";
import { ApiError } from "./problem";
import type { Fetch } from "./transport";

function clientOf(fetch: Fetch): NangClient {
  return new NangClient({ baseUrl: "http://nang.test/", fetch, sessionHint: null });
}

test("path values, query, headers and body become parts of the request", async () => {
  const sent: [string, RequestInit][] = [];
  const client = clientOf(async (input, init) => {
    sent.push([input, init]);
    return Response.json({ version: 4 });
  });
  await client.get("/api/films/{id_or_slug}", { path: { id_or_slug: "ໜັງ/1" } });
  await client.get("/api/films", { query: { limit: 5, genre: "drama" } });
  await client.patch("/api/admin/films/{id}", {
    path: { id: "1" },
    header: { "If-Match": '"3"' },
    body: { titles: { lo: "ໜັງ" } },
  });
  expect(sent.map(([url]) => url)).toEqual([
    `http://nang.test/api/films/${encodeURIComponent("ໜັງ/1")}`,
    "http://nang.test/api/films?limit=5&genre=drama",
    "http://nang.test/api/admin/films/1",
  ]);
  const [, init] = sent[2] ?? [];
  expect(init?.method).toBe("PATCH");
  expect(new Headers(init?.headers).get("If-Match")).toBe('"3"');
  expect(new Headers(init?.headers).get("Content-Type")).toBe("application/json");
  expect(init?.body).toBe('{"titles":{"lo":"ໜັງ"}}');
});

test("a response without a body resolves to undefined", async () => {
  const client = clientOf(async () => new Response(null, { status: 204 }));
  expect(await client.delete("/api/resume")).toBeUndefined();
});

test("a failed connection is an ApiError with status 0; an aborted request rejects with AbortError", async () => {
  const down = clientOf(async () => {
    throw new TypeError("fetch failed");
  });
  await expect(down.get("/api/films")).rejects.toMatchObject({ status: 0, isNetwork: true });
  const controller = new AbortController();
  const aborted = clientOf(async (_input, init) => {
    init.signal?.throwIfAborted();
    return Response.json({});
  });
  controller.abort();
  const error = await aborted
    .get("/api/films", { signal: controller.signal })
    .catch((problem: unknown) => problem);
  expect(error).not.toBeInstanceOf(ApiError);
  expect(error).toHaveProperty("name", "AbortError");
});

/** A list of three pages with two items each. Every second request fails. */
function listServer(): { client: NangClient; cursors: (string | null)[] } {
  const cursors: (string | null)[] = [];
  let requests = 0;
  const client = clientOf(async (input) => {
    requests += 1;
    if (requests % 2 === 0) {
      return new Response("", { status: 503 });
    }
    const cursor = new URL(input).searchParams.get("cursor");
    cursors.push(cursor);
    const page = Number(cursor ?? 0);
    return Response.json({
      items: [{ id: `${page}a` }, { id: `${page}b` }],
      next_cursor: page < 2 ? String(page + 1) : null,
    });
  });
  return { client, cursors };
}

test("a list is read page by page, and next() retries a page that failed", async () => {
  const { client, cursors } = listServer();
  const pages = client.pages("/api/films", { query: { limit: 2 } });
  const ids: string[] = [];
  for (let call = 0; call < 6; call += 1) {
    const { value } = await pages.next().catch(() => ({ value: undefined }));
    ids.push(...(value?.items.map(({ id }) => id) ?? []));
  }
  expect(ids).toEqual(["0a", "0b", "1a", "1b", "2a", "2b"]);
  expect(cursors).toEqual([null, "1", "2"]);
  expect(await pages.next()).toEqual({ done: true, value: undefined });
});

test("items() yields item by item and fetches no page before it needs it", async () => {
  let requests = 0;
  const client = clientOf(async () => {
    requests += 1;
    return Response.json({ items: [{ id: "a" }, { id: "b" }], next_cursor: String(requests) });
  });
  const ids = [];
  for await (const film of client.pages("/api/films").items()) {
    ids.push(film.id);
    if (ids.length === 4) {
      break;
    }
  }
  expect(ids).toEqual(["a", "b", "a", "b"]);
  expect(requests).toBe(2);
});
