import { ApiError, type HeartbeatEvent } from "@nang/api-client";
import { expect, test } from "vitest";
import { HeartbeatOutbox } from "./heartbeat-outbox";

const NOW = Date.parse("2026-03-04T12:00:00Z");

function event(id: number, daysAgo = 0): HeartbeatEvent {
  const at = new Date(NOW - daysAgo * 24 * 3600 * 1000).toISOString();
  return { event_id: String(id), at, position_ms: id * 1000, watched_ms: 1000, state: "playing" };
}

function memory(isFull = false): Storage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    clear: () => items.clear(),
    getItem: (name) => items.get(name) ?? null,
    key: (index) => [...items.keys()][index] ?? null,
    removeItem: (name) => void items.delete(name),
    setItem: (name, value) => {
      if (isFull) {
        throw new DOMException("full", "QuotaExceededError");
      }
      items.set(name, value);
    },
  };
}

/** A server that answers as it is told to, and what reached it. */
function outboxOf(shelf: Storage | null, ownerId: string | null = null) {
  const server = { answer: 200, ownerId, told: [] as string[], requests: 0 };
  const outbox = new HeartbeatOutbox({
    shelf,
    now: () => NOW,
    ownerId: async () => server.ownerId,
    post: async ({ session_id, events }) => {
      server.requests += 1;
      if (server.answer !== 200) {
        throw new ApiError(server.answer, null);
      }
      server.told.push(...events.map(({ event_id }) => `${session_id}${event_id}`));
      return { accepted: events.length, ignored: 0, ended_at: null };
    },
  });
  return { outbox, server };
}

test("what could not be sent is sent by the next page, once", async () => {
  const shelf = memory();
  const first = outboxOf(shelf);
  first.server.answer = 0;
  first.outbox.add("a", null, event(1));
  first.outbox.add("a", null, event(2));
  await first.outbox.send();
  const next = outboxOf(shelf);
  next.outbox.add("b", null, event(3));
  await next.outbox.send();
  await next.outbox.send();
  expect(next.server.told.sort()).toEqual(["a1", "a2", "b3"]);
  expect(shelf.length).toBe(0);
});

test("an account's heartbeats wait for it", async () => {
  const { outbox, server } = outboxOf(memory(), "other");
  outbox.add("a", "noy", event(1));
  await outbox.send();
  expect(server.requests).toBe(0);
  server.ownerId = "noy";
  await outbox.send();
  expect(server.told).toEqual(["a1"]);
});

test.each([0, 401, 429, 503])("after %i they are sent again later", async (status) => {
  const { outbox, server } = outboxOf(memory());
  server.answer = status;
  outbox.add("a", null, event(1));
  await outbox.send();
  server.answer = 200;
  await outbox.send();
  expect(server.told).toEqual(["a1"]);
});

test("what the server refuses for good is given up", async () => {
  const { outbox, server } = outboxOf(memory());
  server.answer = 404;
  outbox.add("a", null, event(1));
  await outbox.send();
  server.answer = 200;
  await outbox.send();
  expect(server.told).toEqual([]);
  expect(server.requests).toBe(1);
});

test("many go in batches of what the server takes, the too old not at all", async () => {
  const { outbox, server } = outboxOf(memory());
  for (let id = 0; id < 1_200; id += 1) {
    outbox.add("a", null, event(id));
  }
  outbox.add("old", null, event(1, 31));
  await outbox.send();
  expect(server.requests).toBe(3);
  expect(new Set(server.told).size).toBe(1_200);
});

test.each([
  ["no", null],
  ["a full", memory(true)],
])("with %s storage they wait as long as the page lives", async (_name, shelf) => {
  const { outbox, server } = outboxOf(shelf);
  server.answer = 0;
  outbox.add("a", null, event(1));
  await outbox.send();
  server.answer = 200;
  await outbox.send();
  expect(server.told).toEqual(["a1"]);
});

test("last words go out at once, and wait on until they are acknowledged", async () => {
  const { outbox, server } = outboxOf(memory());
  server.answer = 0;
  outbox.add("a", null, event(1));
  outbox.sendLastWords("a");
  for (let step = 0; step < 10; step += 1) {
    await Promise.resolve(); // Microtasks alone: a page that is left has no other turn.
  }
  expect(server.requests).toBe(1);
  server.answer = 200;
  await outbox.send();
  expect(server.told).toEqual(["a1"]);
});
