import { afterEach, expect, test, vi } from "vitest";
import { authorisedFetch } from "./client";
import { Session } from "./session";

afterEach(() => vi.unstubAllGlobals());

function answer(token: string, lifetimeMs = 600_000): Response {
  return Response.json({
    access_token: token,
    access_expires_at: new Date(Date.now() + lifetimeMs).toISOString(),
    user: { id: "1", email: "a@b.la", role: "admin", display_name: "A" },
  });
}

test("many refreshes at once send one request, because a refresh token is good for one use", async () => {
  const fetch = vi.fn(async () => answer("one"));
  vi.stubGlobal("fetch", fetch);
  const session = new Session();
  expect(await Promise.all([session.refresh(), session.refresh(), session.refresh()])).toEqual([
    true,
    true,
    true,
  ]);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("a request the server answers with 401 is repeated once with a fresh token", async () => {
  const seen: (string | null)[] = [];
  vi.stubGlobal("fetch", async (input: string | Request) => {
    if (typeof input === "string") {
      return answer(input.endsWith("login") ? "old" : "new");
    }
    seen.push(input.headers.get("Authorization"));
    return new Response(null, { status: seen.length === 1 ? 401 : 204 });
  });
  const session = new Session();
  await session.login("a@b.la", "secret");
  const response = await authorisedFetch(session, new Request("http://nang.test/api/auth/me"));
  expect(response.status).toBe(204);
  expect(seen).toEqual(["Bearer old", "Bearer new"]);
});

test("a session the server ended is forgotten", async () => {
  vi.stubGlobal("fetch", async (url: string) =>
    url.endsWith("login") ? answer("old", 0) : new Response(null, { status: 401 }),
  );
  const session = new Session();
  const changed = vi.fn();
  session.subscribe(changed);
  await session.login("a@b.la", "secret");
  expect(session.user?.email).toBe("a@b.la");
  expect(await session.token()).toBeNull();
  expect(session.user).toBeNull();
  expect(changed).toHaveBeenCalledTimes(2);
});
