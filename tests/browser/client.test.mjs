// The TypeScript client against a real server, outside browsers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ApiError, logIn, NangClient } from "./client.mjs";
import { ADMIN, startNang } from "./nang.mjs";

let nang;
let admin;

before(async () => {
  nang = await startNang();
  admin = await logIn(nang, ADMIN);
});

after(() => nang?.stop());

test("concurrent requests with an invalid access token share one refresh", async () => {
  const requests = [];
  const client = new NangClient({
    baseUrl: nang.url,
    fetch: (address, init) => {
      requests.push(`${init.method} ${new URL(address).pathname}`);
      const headers = new Headers(init.headers);
      if (corruptToken && headers.has("Authorization")) {
        headers.set("Authorization", "Bearer invalid");
      }
      corruptToken &&= !address.endsWith("/api/auth/refresh");
      return fetch(address, { ...init, headers });
    },
  });
  let corruptToken = false;
  await client.session.login(ADMIN.email, ADMIN.password);
  corruptToken = true;
  const [me, resume, watchlist] = await Promise.all([
    client.get("/api/auth/me"),
    client.get("/api/resume"),
    client.get("/api/watchlist"),
  ]);
  assert.equal(me.email, ADMIN.email);
  assert.deepEqual([resume.items, watchlist.items], [[], []]);
  assert.equal(requests.filter((request) => request === "POST /api/auth/refresh").length, 1);
});

test("a session is refreshed with its cookie until the logout ends it", async () => {
  const client = await logIn(nang, ADMIN);
  assert.equal(await client.session.refresh(), true);
  assert.equal(await client.session.refresh(), true);
  await client.session.logout();
  assert.equal(client.session.user, null);
  assert.equal(await client.session.refresh(), false);
  await assert.rejects(client.get("/api/resume"), { status: 401 });
});

test("an error has the problem document, its fields and the request id", async () => {
  const error = await admin
    .post("/api/admin/films", { body: { titles: { lo: "" } } })
    .catch((thrown) => thrown);
  assert.ok(error instanceof ApiError);
  assert.equal(error.status, 422);
  assert.equal(error.kind, "invalid");
  assert.match(error.requestId, /^[0-9a-f-]{36}$/);
  assert.equal(Object.keys(error.fields).length, 1, JSON.stringify(error.problem));
});

test("two editors do not overwrite each other, and a list is read to its end", async () => {
  const films = [];
  for (const title of ["ໜຶ່ງ", "ສອງ", "ສາມ", "ສີ່", "ຫ້າ"]) {
    films.push(await admin.post("/api/admin/films", { body: { titles: { lo: title } } }));
  }
  const change = (year) =>
    admin.patch("/api/admin/films/{id}", {
      path: { id: films[0].id },
      header: { "If-Match": `"${films[0].version}"` },
      body: { year },
    });
  assert.equal((await change(1988)).year, 1988);
  await assert.rejects(change(1989), { status: 412, kind: "stale-version" });

  const ids = [];
  for await (const film of admin.pages("/api/admin/films", { query: { limit: 2 } }).items()) {
    ids.push(film.id);
  }
  assert.deepEqual(ids, films.map(({ id }) => id).reverse());
});

test("events send the current film and every change to it until the signal aborts", async () => {
  const film = await admin.post("/api/admin/films", { body: { titles: { lo: "ສົດ" } } });
  const controller = new AbortController();
  const versions = [];
  let onChanged;
  const changed = new Promise((resolve) => {
    onChanged = resolve;
  });
  const following = admin.follow(
    "/api/admin/films/{id}/events",
    { path: { id: film.id }, signal: controller.signal },
    {
      onEvent: ({ event, data }) => {
        if (event !== "film") {
          return;
        }
        versions.push(JSON.parse(data).version);
        if (versions.length === 1) {
          void admin.patch("/api/admin/films/{id}", {
            path: { id: film.id },
            header: { "If-Match": `"${film.version}"` },
            body: { year: 2001 },
          });
        } else if (versions.at(-1) > film.version) {
          onChanged();
        }
      },
    },
  );
  await changed;
  controller.abort();
  await following;
  assert.equal(versions[0], film.version);
});

test("an unreachable server is an ApiError with status 0, and an aborted request is not an ApiError", async () => {
  await assert.rejects(new NangClient({ baseUrl: "http://127.0.0.1:9" }).get("/api/films"), {
    status: 0,
    isNetwork: true,
  });
  const aborted = admin.get("/api/films", { signal: AbortSignal.abort() });
  await assert.rejects(aborted, { name: "AbortError" });
});
