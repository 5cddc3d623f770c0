import { expect, test } from "vitest";
import { ResumeStore } from "./resume";

function memory(): Storage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    clear: () => items.clear(),
    getItem: (name) => items.get(name) ?? null,
    key: () => null,
    removeItem: (name) => items.delete(name),
    setItem: (name, value) => void items.set(name, value),
  };
}

const FULL: Storage = {
  ...memory(),
  setItem: () => {
    throw new DOMException("full", "QuotaExceededError");
  },
};
const TWO_HOURS = 7200;

test("a film resumes where the viewer stopped", () => {
  const store = new ResumeStore(memory(), memory());
  store.write("a", 61.27, TWO_HOURS);
  expect(store.read("a", TWO_HOURS)).toBe(61.2);
  expect(store.read("b", TWO_HOURS)).toBe(0);
});

test("the first seconds and the closing credits start from the beginning", () => {
  const store = new ResumeStore(memory(), memory());
  store.write("a", 3, TWO_HOURS);
  expect(store.read("a", TWO_HOURS)).toBe(0);
  store.write("a", TWO_HOURS - 60, TWO_HOURS);
  expect(store.read("a", TWO_HOURS)).toBe(0);
  store.write("short", 25, 30);
  expect(store.read("short", 30)).toBe(25);
});

test("the tab's position takes precedence over the device's, which expires after 90 days", () => {
  const device = memory();
  const start = 1_700_000_000_000;
  new ResumeStore(null, device, () => start).write("a", 100, TWO_HOURS);
  expect(new ResumeStore(memory(), device, () => start + 1000).read("a", TWO_HOURS)).toBe(100);
  expect(new ResumeStore(memory(), device, () => start + 91 * 24 * 3600 * 1000).read("a", TWO_HOURS)).toBe(0);
  const tab = memory();
  new ResumeStore(tab, null).write("a", 50, TWO_HOURS);
  expect(new ResumeStore(tab, device, () => start).read("a", TWO_HOURS)).toBe(50);
});

test("missing, full or corrupt storage is no error", () => {
  const store = new ResumeStore(FULL, null);
  store.write("a", 100, TWO_HOURS);
  expect(store.read("a", TWO_HOURS)).toBe(0);
  const corrupt = memory();
  corrupt.setItem("nang.position.a", '{"seconds":"x"}');
  expect(new ResumeStore(corrupt, null).read("a", TWO_HOURS)).toBe(0);
});
