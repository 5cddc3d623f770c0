import { expect, test } from "vitest";
import { withNote } from "./lock";

function memory() {
  const items = new Map<string, string>();
  return {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => void items.set(name, value),
    removeItem: (name: string) => void items.delete(name),
  };
}

test("tabs without Web Locks work one after another, whatever becomes of each", async () => {
  const storage = memory();
  let running = 0;
  let most = 0;
  const work = (number: number) => async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running -= 1;
    if (number === 1) {
      throw new Error("the second fails");
    }
    return number;
  };
  const outcomes = await Promise.allSettled(
    [0, 1, 2].map((number) => withNote(storage, "lock", work(number))),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(most).toBe(1);
});

test("a note of a tab that is gone is no obstacle", async () => {
  const storage = memory();
  storage.setItem("lock", `1 ${Date.now() - 60_000}`);
  expect(await withNote(storage, "lock", async () => "done")).toBe("done");
  expect(storage.getItem("lock")).toBeNull();
});
