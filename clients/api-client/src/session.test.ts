import { expect, test, vi } from "vitest";
import { NangClient } from "./client";
import type { SessionHint } from "./session";

interface SentRequest {
  path: string;
  authorization: string | null;
  cookie: string | null;
}

/** A client whose requests `serve` answers, and the requests that it sent. */
function clientOf(
  serve: (request: SentRequest, count: number) => Response,
  sessionHint: SessionHint | null = null,
) {
  const sent: SentRequest[] = [];
  const client = new NangClient({
    baseUrl: "http://nang.test",
    sessionHint,
    fetch: async (input, init) => {
      const headers = new Headers(init.headers);
      const request = {
        path: new URL(input).pathname,
        authorization: headers.get("Authorization"),
        cookie: headers.get("Cookie"),
      };
      sent.push(request);
      await Promise.resolve();
      return serve(request, sent.length);
    },
  });
  return { client, sent, paths: () => sent.map(({ path }) => path) };
}

function grant(token: string, lifetimeMs = 600_000): Response {
  return Response.json({
    access_token: token,
    access_expires_at: new Date(Date.now() + lifetimeMs).toISOString(),
    user: { id: "1", email: "a@b.la", role: "admin", display_name: "A", version: 1 },
  });
}

const REFUSED = () => Response.json({ title: "Not logged in", detail: "Log in first." }, { status: 401 });

test("concurrent refreshes send one request, because a refresh token is valid once", async () => {
  const { client, sent } = clientOf(() => grant("one"));
  const { session } = client;
  expect(await Promise.all([session.refresh(), session.refresh(), session.refresh()])).toEqual([
    true,
    true,
    true,
  ]);
  expect(sent).toHaveLength(1);
});

test("requests that receive a 401 at the same time share one refresh, and each is repeated once", async () => {
  const { client, sent, paths } = clientOf(({ path, authorization }) => {
    if (path.startsWith("/api/auth/login") || path === "/api/auth/refresh") {
      return grant(path.endsWith("login") ? "old" : "new");
    }
    return authorization === "Bearer new" ? Response.json({ items: [], next_cursor: null }) : REFUSED();
  });
  await client.session.login("a@b.la", "secret");
  await Promise.all([client.get("/api/watchlist"), client.get("/api/history"), client.get("/api/resume")]);
  expect(paths().filter((path) => path === "/api/auth/refresh")).toHaveLength(1);
  expect(sent.filter(({ authorization }) => authorization === "Bearer new")).toHaveLength(3);
});

test("a request that receives a 401 after another request has refreshed uses the new token", async () => {
  const { client, paths } = clientOf(({ path, authorization }) => {
    if (path === "/api/auth/login" || path === "/api/auth/refresh") {
      return grant(path.endsWith("login") ? "old" : "new");
    }
    return authorization === "Bearer new" ? Response.json({ path }) : REFUSED();
  });
  await client.session.login("a@b.la", "secret");
  const old = await client.session.accessToken();
  await client.get("/api/resume");
  expect(old && (await client.session.replace(old))).toBe(true);
  expect(paths().filter((path) => path === "/api/auth/refresh")).toHaveLength(1);
});

test("a new token that equals the refused one, issued within the same second, is not refreshed again", async () => {
  const { client, paths } = clientOf(() => grant("same"));
  await client.session.login("a@b.la", "secret");
  const old = await client.session.accessToken();
  await client.session.refresh();
  expect(old && (await client.session.replace(old))).toBe(true);
  expect(paths().filter((path) => path === "/api/auth/refresh")).toHaveLength(1);
});

test("a second 401 is an error and causes no second refresh", async () => {
  const { client, paths } = clientOf(({ path }) =>
    path === "/api/auth/login" || path === "/api/auth/refresh" ? grant("any") : REFUSED(),
  );
  await client.session.login("a@b.la", "secret");
  await expect(client.get("/api/resume")).rejects.toMatchObject({ status: 401, detail: "Log in first." });
  expect(paths()).toEqual(["/api/auth/login", "/api/resume", "/api/auth/refresh", "/api/resume"]);
});

test("a session that the server ended is forgotten", async () => {
  const { client } = clientOf(({ path }) => (path.endsWith("login") ? grant("old", 0) : REFUSED()));
  const { session } = client;
  const changed = vi.fn();
  session.subscribe(changed);
  await session.login("a@b.la", "secret");
  expect(session.user?.email).toBe("a@b.la");
  expect(await session.token()).toBeNull();
  expect(session.user).toBeNull();
  expect(changed).toHaveBeenCalledTimes(2);
});

test("a logout that did not reach the server leaves the account logged in and can be retried", async () => {
  const answers = [
    () => {
      throw new TypeError("Failed to fetch");
    },
    () => new Response("Bad gateway", { status: 502 }),
    () => new Response(null, { status: 204 }),
  ];
  const { client } = clientOf(({ path }) => {
    const answer = path.endsWith("logout") ? answers.shift() : () => grant("one");
    return answer ? answer() : REFUSED();
  });
  const { session } = client;
  await session.login("a@b.la", "secret");
  for (const status of [0, 502]) {
    await expect(session.logout()).rejects.toMatchObject({ status });
    expect([session.user?.email, await session.token()]).toEqual(["a@b.la", "one"]);
  }
  await session.logout();
  expect([session.user, await session.token()]).toEqual([null, null]);
  // A session that has already ended (401) counts as logged out.
  await session.login("a@b.la", "secret");
  await session.logout();
  expect(session.user).toBeNull();
});

test("an anonymous visitor sends no refresh; a reloaded page refreshes its session before its first request", async () => {
  let remembered = false;
  const hint: SessionHint = {
    read: () => remembered,
    write: (loggedIn) => {
      remembered = loggedIn;
    },
  };
  const serve = ({ path }: SentRequest) => (path.startsWith("/api/auth/") ? grant("one") : Response.json({}));
  const visitor = clientOf(serve, hint);
  await visitor.client.get("/api/films");
  expect(visitor.paths()).toEqual(["/api/films"]);
  await visitor.client.session.login("a@b.la", "secret");
  const reloaded = clientOf(serve, hint);
  await reloaded.client.get("/api/films");
  expect(reloaded.sent.map(({ path, authorization }) => [path, authorization])).toEqual([
    ["/api/auth/refresh", null],
    ["/api/films", "Bearer one"],
  ]);
});

test("outside browsers the client keeps the cookie until it is deleted, and sends it to /api/auth routes only", async () => {
  const cookies = ["nang_refresh=a; Path=/api/auth; HttpOnly; Max-Age=99", "nang_refresh=; Max-Age=0"];
  const { client, sent } = clientOf(({ path }) => {
    const answer = path.startsWith("/api/auth/") ? grant("one") : Response.json({});
    const cookie = path.endsWith("login") ? cookies[0] : path.endsWith("logout") ? cookies[1] : undefined;
    if (cookie) {
      answer.headers.append("Set-Cookie", cookie);
    }
    return answer;
  });
  await client.session.login("a@b.la", "secret");
  await client.get("/api/films");
  await client.session.refresh();
  await client.session.logout();
  await client.session.refresh();
  expect(sent.map(({ cookie }) => cookie)).toEqual([null, null, "nang_refresh=a", "nang_refresh=a", null]);
});
