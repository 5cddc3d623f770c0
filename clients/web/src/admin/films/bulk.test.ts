import { type AdminFilm, NangClient } from "@nang/api-client";
import { expect, test } from "vitest";
import { type BulkResult, changeFor, runBulk } from "./bulk";

const film = (id: string, change: Partial<AdminFilm> = {}) =>
  ({
    id,
    version: 1,
    visibility: "draft",
    publish_at: null,
    deleted_at: null,
    genres: [],
    ...change,
  }) as AdminFilm;

test("a film that already is as wanted is not changed", () => {
  expect(changeFor(film("a", { visibility: "public" }), { kind: "publish", value: "" })).toBeNull();
  const drama = film("a", { genres: [{ id: "drama", slug: "drama", names: {} }] });
  expect(changeFor(drama, { kind: "genre", value: "drama" })).toBeNull();
  expect(changeFor(drama, { kind: "genre", value: "war" })).toEqual({ genres: ["drama", "war"] });
  const scheduled = film("a", { visibility: "scheduled", publish_at: "2026-12-01T11:00:00Z" });
  expect(changeFor(scheduled, { kind: "schedule", value: "2026-12-01T11:00:00.000Z" })).toBeNull();
});

/** A server with films by id: `stale` refuses the first change because of another editor, and `broken` all of them. */
function server(films: Record<string, AdminFilm>) {
  const patches: string[] = [];
  const client = new NangClient({
    baseUrl: "http://nang.test",
    sessionHint: null,
    fetch: async (url, init) => {
      const id = url.split("/").at(-1) ?? "";
      if (init.method === "GET") {
        return Response.json(films[id]);
      }
      patches.push(id);
      const isFirst = patches.filter((one) => one === id).length === 1;
      if (id === "broken") {
        return Response.json({ type: "about:blank", detail: "no" }, { status: 409 });
      }
      if (id === "stale" && isFirst) {
        return Response.json({ type: "about:blank", detail: "stale" }, { status: 412 });
      }
      return Response.json({ ...films[id], ...JSON.parse(String(init.body)) });
    },
  });
  return { client, patches };
}

test("each film has its result, and a failed one does not stop the others", async () => {
  const films = [
    film("gone", { deleted_at: "2026-11-30T00:00:00Z" }),
    film("broken"),
    film("stale"),
    film("done", { visibility: "public" }),
    film("plain"),
  ];
  const { client, patches } = server(Object.fromEntries(films.map((one) => [one.id, one])));
  const results: BulkResult[] = [];
  await runBulk(client, films, { kind: "publish", value: "" }, (result) => results.push(result));
  expect(results.map(({ film: { id }, outcome }) => [id, outcome])).toEqual([
    ["gone", "deleted"],
    ["broken", "failed"],
    ["stale", "changed"],
    ["done", "unchanged"],
    ["plain", "changed"],
  ]);
  expect(patches).toEqual(["broken", "stale", "stale", "plain"]);
});
