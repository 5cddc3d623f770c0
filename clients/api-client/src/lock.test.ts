import { expect, test } from "vitest";
import { withStorageLock } from "./lock";

function memory() {
  const items = new Map<string, string>();
  return {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => void items.set(name, value),
    removeItem: (name: string) => void items.delete(name),
  };
}

test("without Web Locks only one tab at a time holds the lock, and a failure releases it", async () => {
  const storage = memory();
  let running = 0;
  let maximum = 0;
  const work = (number: number) => async () => {
    running += 1;
    maximum = Math.max(maximum, running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running -= 1;
    if (number === 1) {
      throw new Error("the second fails");
    }
    return number;
  };
  const outcomes = await Promise.allSettled(
    [0, 1, 2].map((number) => withStorageLock(storage, "lock", work(number))),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(maximum).toBe(1);
});

test("a stale lock of a closed tab is taken over", async () => {
  const storage = memory();
  storage.setItem("lock", `1 ${Date.now() - 60_000}`);
  expect(await withStorageLock(storage, "lock", async () => "done")).toBe("done");
  expect(storage.getItem("lock")).toBeNull();
});
