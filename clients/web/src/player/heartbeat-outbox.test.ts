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

/** An outbox, and a server that responds with `status` and records the events that it received. */
function outboxOf(storage: Storage | null, ownerId: string | null = null) {
  const server = { status: 200, ownerId, received: [] as string[], requests: 0 };
  const outbox = new HeartbeatOutbox({
    storage,
    now: () => NOW,
    ownerId: async () => server.ownerId,
    post: async ({ session_id, events }) => {
      server.requests += 1;
      if (server.status !== 200) {
        throw new ApiError(server.status, null);
      }
      server.received.push(...events.map(({ event_id }) => `${session_id}${event_id}`));
      return { accepted: events.length, ignored: 0, ended_at: null };
    },
  });
  return { outbox, server };
}

test("the next page sends what an earlier page could not send, once", async () => {
  const storage = memory();
  const first = outboxOf(storage);
  first.server.status = 0;
  first.outbox.add("a", null, event(1));
  first.outbox.add("a", null, event(2));
  await first.outbox.send();
  const next = outboxOf(storage);
  next.outbox.add("b", null, event(3));
  await next.outbox.send();
  await next.outbox.send();
  expect(next.server.received.sort()).toEqual(["a1", "a2", "b3"]);
  expect(storage.length).toBe(0);
});

test("an account's heartbeats are sent only while that account is logged in", async () => {
  const { outbox, server } = outboxOf(memory(), "other");
  outbox.add("a", "noy", event(1));
  await outbox.send();
  expect(server.requests).toBe(0);
  server.ownerId = "noy";
  await outbox.send();
  expect(server.received).toEqual(["a1"]);
});

test.each([0, 401, 429, 503])("after %i events are sent again later", async (status) => {
  const { outbox, server } = outboxOf(memory());
  server.status = status;
  outbox.add("a", null, event(1));
  await outbox.send();
  server.status = 200;
  await outbox.send();
  expect(server.received).toEqual(["a1"]);
});

test("events that the server refuses permanently are discarded", async () => {
  const { outbox, server } = outboxOf(memory());
  server.status = 404;
  outbox.add("a", null, event(1));
  await outbox.send();
  server.status = 200;
  await outbox.send();
  expect(server.received).toEqual([]);
  expect(server.requests).toBe(1);
});

test("events are sent in batches of the maximum size, and expired events are discarded", async () => {
  const { outbox, server } = outboxOf(memory());
  for (let id = 0; id < 1_200; id += 1) {
    outbox.add("a", null, event(id));
  }
  outbox.add("old", null, event(1, 31));
  await outbox.send();
  expect(server.requests).toBe(3);
  expect(new Set(server.received).size).toBe(1_200);
});

test.each([
  ["no", null],
  ["a full", memory(true)],
])("with %s storage events are kept until the page is closed", async (_name, storage) => {
  const { outbox, server } = outboxOf(storage);
  server.status = 0;
  outbox.add("a", null, event(1));
  await outbox.send();
  server.status = 200;
  await outbox.send();
  expect(server.received).toEqual(["a1"]);
});

test("sendWithKeepalive sends at once and keeps the events until they are acknowledged", async () => {
  const { outbox, server } = outboxOf(memory());
  server.status = 0;
  outbox.add("a", null, event(1));
  outbox.sendWithKeepalive("a");
  for (let step = 0; step < 10; step += 1) {
    await Promise.resolve(); // Only microtasks: a page that is being closed runs no other tasks.
  }
  expect(server.requests).toBe(1);
  server.status = 200;
  await outbox.send();
  expect(server.received).toEqual(["a1"]);
});
