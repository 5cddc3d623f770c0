/** The last searches of this browser, newest first. They stay in it. */
import { useSyncExternalStore } from "react";
import { storageOrNull } from "../../lib/storage";

const KEY = "nang.searches";
const KEPT = 8;
const listeners = new Set<() => void>();
let searches: readonly string[] = read();

export function useRecentSearches(): readonly string[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => searches,
  );
}

export function rememberSearch(text: string): void {
  set(withSearch(searches, text));
}

export function forgetSearches(): void {
  set([]);
}

/** A text that was searched before moves to the front. */
export function withSearch(before: readonly string[], text: string): readonly string[] {
  const same = (one: string) => one.toLowerCase() === text.toLowerCase();
  return [text, ...before.filter((one) => !same(one))].slice(0, KEPT);
}

function set(next: readonly string[]): void {
  searches = next;
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Storage is forbidden (private window): the searches are kept for this page only.
  }
  for (const listener of listeners) {
    listener();
  }
}

function read(): readonly string[] {
  try {
    const saved: unknown = JSON.parse(storageOrNull("localStorage")?.getItem(KEY) ?? "[]");
    return Array.isArray(saved) ? saved.filter((one) => typeof one === "string").slice(0, KEPT) : [];
  } catch {
    return [];
  }
}
