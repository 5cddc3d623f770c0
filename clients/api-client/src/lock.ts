/**
 * A lock that one tab of a browser holds at a time.
 *
 * Web Locks exist in secure contexts only. On plain-HTTP sites (a village hall's network) an entry in `localStorage`
 * replaces them: a tab that finds no entry writes its own, waits until competing tabs have written theirs, and holds the
 * lock if its own entry is still there.
 */

/** Long enough for competing tabs to see each other's entries. */
const SETTLE_MS = 60;
const POLL_INTERVAL_MS = 100;
/** An entry this old belongs to a tab that was closed. */
const STALE_MS = 10_000;

export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  if (locks) {
    return await locks.request(name, work);
  }
  const storage = storageOrNull();
  return storage ? await withStorageLock(storage, `${name}.lock`, work) : await work();
}

export async function withStorageLock<T>(
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem">,
  key: string,
  work: () => Promise<T>,
): Promise<T> {
  const mine = String(Math.random()).slice(2);
  for (;;) {
    const [holder, since] = storage.getItem(key)?.split(" ") ?? [];
    const isFree = holder === undefined || Math.abs(Date.now() - Number(since)) > STALE_MS;
    if (isFree) {
      storage.setItem(key, `${mine} ${Date.now()}`);
      await pause(SETTLE_MS);
      if (storage.getItem(key)?.startsWith(`${mine} `)) {
        break;
      }
    }
    await pause(POLL_INTERVAL_MS);
  }
  try {
    return await work();
  } finally {
    storage.removeItem(key);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Null outside browsers, and when storage is forbidden or full. */
function storageOrNull(): Storage | null {
  try {
    if (typeof document === "undefined") {
      return null;
    }
    localStorage.setItem("nang.probe", "");
    localStorage.removeItem("nang.probe");
    return localStorage;
  } catch {
    return null;
  }
}
