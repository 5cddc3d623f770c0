/**
 * One at a time, over all tabs of a browser.
 *
 * Web Locks exist in secure contexts only. On a hall's plain-HTTP address a note in `localStorage` has to do: who finds
 * none leaves their own, waits for others who did the same, and goes on if theirs is the one that stayed.
 */

/** Longer than any two tabs need to see what the other wrote. */
const SETTLE_MS = 60;
const LOOK_AGAIN_MS = 100;
/** A note this old was left by a tab that is gone. */
const STALE_MS = 10_000;

export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  if (locks) {
    return await locks.request(name, work);
  }
  const storage = storageOrNull();
  return storage ? await withNote(storage, `${name}.lock`, work) : await work();
}

export async function withNote<T>(
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
    await pause(LOOK_AGAIN_MS);
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

/** Null outside of browsers, and where storage is forbidden or full. */
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
