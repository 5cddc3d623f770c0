import { expect, test, vi } from "vitest";
import { NangClient } from "./client";
import type { LoginMemory } from "./session";

interface Seen {
  path: string;
  authorization: string | null;
  cookie: string | null;
}

/** A client of a server made of one function, and what that server was asked. */
function clientOf(serve: (seen: Seen, count: number) => Response, loginMemory: LoginMemory | null = null) {
  const asked: Seen[] = [];
  const client = new NangClient({
    baseUrl: "http://nang.test",
    loginMemory,
    fetch: async (input, init) => {
      const headers = new Headers(init.headers);
      const seen = {
        path: new URL(input).pathname,
        authorization: headers.get("Authorization"),
        cookie: headers.get("Cookie"),
      };
      asked.push(seen);
      await Promise.resolve();
      return serve(seen, asked.length);
    },
  });
  return { client, asked, paths: () => asked.map(({ path }) => path) };
}

function grant(token: string, lifetimeMs = 600_000): Response {
  return Response.json({
    access_token: token,
    access_expires_at: new Date(Date.now() + lifetimeMs).toISOString(),
    user: { id: "1", email: "a@b.la", role: "admin", display_name: "A", version: 1 },
  });
}

const REFUSED = () => Response.json({ title: "Not logged in", detail: "Log in first." }, { status: 401 });

test("many refreshes at once send one request, because a refresh token is good for one use", async () => {
  const { client, asked } = clientOf(() => grant("one"));
  const { session } = client;
  expect(await Promise.all([session.refresh(), session.refresh(), session.refresh()])).toEqual([
    true,
    true,
    true,
  ]);
  expect(asked).toHaveLength(1);
});

test("requests that are refused together share one refresh and are each repeated once", async () => {
  const { client, asked, paths } = clientOf(({ path, authorization }) => {
    if (path.startsWith("/api/auth/login") || path === "/api/auth/refresh") {
      return grant(path.endsWith("login") ? "old" : "new");
    }
    return authorization === "Bearer new" ? Response.json({ items: [], next_cursor: null }) : REFUSED();
  });
  await client.session.login("a@b.la", "secret");
  await Promise.all([client.get("/api/watchlist"), client.get("/api/history"), client.get("/api/resume")]);
  expect(paths().filter((path) => path === "/api/auth/refresh")).toHaveLength(1);
  expect(asked.filter(({ authorization }) => authorization === "Bearer new")).toHaveLength(3);
});

test("a request that is refused after others have refreshed takes their token", async () => {
  const { client, paths } = clientOf(({ path, authorization }) => {
    if (path === "/api/auth/login" || path === "/api/auth/refresh") {
      return grant(path.endsWith("login") ? "old" : "new");
    }
    return authorization === "Bearer new" ? Response.json({ path }) : REFUSED();
  });
  await client.session.login("a@b.la", "secret");
  await client.get("/api/resume");
  expect(await client.session.replace("old")).toBe(true);
  expect(paths().filter((path) => path === "/api/auth/refresh")).toHaveLength(1);
});

test("a second refusal is an error and not another refresh", async () => {
  const { client, paths } = clientOf(({ path }) =>
    path === "/api/auth/login" || path === "/api/auth/refresh" ? grant("any") : REFUSED(),
  );
  await client.session.login("a@b.la", "secret");
  await expect(client.get("/api/resume")).rejects.toMatchObject({ status: 401, detail: "Log in first." });
  expect(paths()).toEqual(["/api/auth/login", "/api/resume", "/api/auth/refresh", "/api/resume"]);
});

test("a login the server ended is forgotten", async () => {
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

test("a logout that the server did not hear of is none, and can be tried again", async () => {
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
  // One that has ended meanwhile is as good as logged out.
  await session.login("a@b.la", "secret");
  await session.logout();
  expect(session.user).toBeNull();
});

test("strangers are spared a refresh; a page that is loaded again finds its login before its first request", async () => {
  let remembered = false;
  const memory: LoginMemory = {
    read: () => remembered,
    write: (loggedIn) => {
      remembered = loggedIn;
    },
  };
  const serve = ({ path }: Seen) => (path.startsWith("/api/auth/") ? grant("one") : Response.json({}));
  const stranger = clientOf(serve, memory);
  await stranger.client.get("/api/films");
  expect(stranger.paths()).toEqual(["/api/films"]);
  await stranger.client.session.login("a@b.la", "secret");
  const reloaded = clientOf(serve, memory);
  await reloaded.client.get("/api/films");
  expect(reloaded.asked.map(({ path, authorization }) => [path, authorization])).toEqual([
    ["/api/auth/refresh", null],
    ["/api/films", "Bearer one"],
  ]);
});

test("outside of browsers the cookie is kept, for the login routes alone, until it is taken away", async () => {
  const cookies = ["nang_refresh=a; Path=/api/auth; HttpOnly; Max-Age=99", "nang_refresh=; Max-Age=0"];
  const { client, asked } = clientOf(({ path }) => {
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
  expect(asked.map(({ cookie }) => cookie)).toEqual([null, null, "nang_refresh=a", "nang_refresh=a", null]);
});
