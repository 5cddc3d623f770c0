/** Keeps the subtitle files that wait for their films in the browser's database, so that a reload does not lose them. */

export interface StoredSubtitle {
  id: string;
  /** The account that dropped it. */
  ownerId: string;
  filmId: string;
  name: string;
  /** BCP 47. */
  language: string;
  /** Chosen by the editor; null to let the server find it. */
  encoding: string | null;
  bytes: ArrayBuffer;
}

const STORE = "subtitles";

/** Null where the browser forbids it; then the files wait until the page is left. */
function open(): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open("nang-dropped", 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
}

async function run<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T | null> {
  const database = await open();
  if (!database) {
    return null;
  }
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      // The request's success is not durable yet.
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } catch {
    return null;
  } finally {
    database.close();
  }
}

export async function storedSubtitles(): Promise<StoredSubtitle[]> {
  return (await run<StoredSubtitle[]>("readonly", (store) => store.getAll())) ?? [];
}

/** False if another tab has removed it; null if nothing can be stored. */
export async function isStored(id: string): Promise<boolean | null> {
  const found = await run("readonly", (store) => store.count(id));
  return found === null ? null : found > 0;
}

export async function storeSubtitle(subtitle: StoredSubtitle): Promise<boolean> {
  return (await run("readwrite", (store) => store.put(subtitle))) !== null;
}

export async function removeSubtitle(id: string): Promise<void> {
  await run("readwrite", (store) => store.delete(id));
}
