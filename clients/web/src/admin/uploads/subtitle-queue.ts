/**
 * Dropped subtitle files. Each waits until its film can be played, because the server fits subtitles to a film that is encoded; then it
 * is sent as the form of the tracks sends it. They wait on every editors' page, and across a reload.
 */
import { ApiError, type Session, withLock } from "@nang/api-client";
import { useEffect, useSyncExternalStore } from "react";
import { randomUuid } from "../../lib/uuid";
import { api, session } from "../../session";
import { sendSubtitle } from "../tracks/subtitle-request";
import {
  isStored,
  removeSubtitle,
  type StoredSubtitle,
  storedSubtitles,
  storeSubtitle,
} from "./subtitle-store";

const POLL_MS = 5_000;

export interface QueuedSubtitle extends Omit<StoredSubtitle, "bytes"> {
  file: File;
  isStored: boolean;
  phase: "waiting" | "sending" | "failed" | "done";
  /** Why the server refused it; null unless `phase` is `failed`. */
  error: unknown;
}

class SubtitleQueue {
  #items: readonly QueuedSubtitle[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #session: Session;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isRunning = false;

  constructor(owner: Session) {
    this.#session = owner;
  }

  getItems = (): readonly QueuedSubtitle[] => this.#items;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async add(filmId: string, file: File, language: string): Promise<void> {
    const stored: StoredSubtitle = {
      id: randomUuid(),
      ownerId: this.#session.user?.id ?? "",
      filmId,
      name: file.name,
      language,
      encoding: null,
      bytes: await file.arrayBuffer(),
    };
    const item = queued(stored, await storeSubtitle(stored));
    this.#set([...this.#items, item]);
    this.wake();
  }

  /** Takes up what this account dropped before a reload. */
  async load(): Promise<void> {
    const stored = await storedSubtitles();
    // Several parts of a page load at the same time.
    const known = new Set(this.#items.map(({ id }) => id));
    const found = stored.filter(({ id, ownerId }) => ownerId === this.#session.user?.id && !known.has(id));
    if (found.length > 0) {
      this.#set([...this.#items, ...found.map((one) => queued(one, true))]);
    }
    this.wake();
  }

  /** Sends a refused file again, as it is or with an encoding. */
  retry(id: string, encoding: string | null): void {
    this.#change(id, { phase: "waiting", error: null, encoding });
    this.wake();
  }

  async forget(id: string): Promise<void> {
    this.#set(this.#items.filter((item) => item.id !== id));
    await removeSubtitle(id);
  }

  wake(): void {
    clearTimeout(this.#timer);
    if (!this.#isRunning) {
      this.#isRunning = true;
      void this.#run().finally(() => {
        this.#isRunning = false;
        clearTimeout(this.#timer);
        if (this.#waiting().length > 0) {
          this.#timer = setTimeout(() => this.wake(), POLL_MS);
        }
      });
    }
  }

  #waiting(): QueuedSubtitle[] {
    const user = this.#session.user?.id;
    return this.#items.filter(({ phase, ownerId }) => phase === "waiting" && ownerId === user);
  }

  async #run(): Promise<void> {
    const tried = new Set<string>();
    for (;;) {
      const item = this.#waiting().find(({ id }) => !tried.has(id));
      if (!item) {
        return;
      }
      tried.add(item.id);
      try {
        await this.#send(item);
      } catch (error) {
        const isOver = error instanceof ApiError && isRefusal(error);
        this.#change(item.id, isOver ? { phase: "failed", error } : { phase: "waiting" });
      }
    }
  }

  async #send(item: QueuedSubtitle): Promise<void> {
    const film = await api.get("/api/admin/films/{id}", { path: { id: item.filmId } });
    if (film.presentation_id === null) {
      return;
    }
    // Two tabs must not send the same file.
    await withLock(`nang.subtitle.${item.id}`, async () => {
      if (item.isStored && (await isStored(item.id)) === false) {
        this.#set(this.#items.filter(({ id }) => id !== item.id));
        return;
      }
      this.#change(item.id, { phase: "sending" });
      await sendSubtitle(this.#session, {
        filmId: item.filmId,
        trackId: null,
        query: {
          track: item.id,
          name: [...item.name].slice(0, 255).join(""),
          language: item.language,
          ...(item.encoding === null ? {} : { encoding: item.encoding }),
        },
        file: item.file,
        onProgress: () => undefined,
        signal: new AbortController().signal,
      }).catch((error: unknown) => {
        // Its response was lost, on a poor link or by a reload.
        if (!(error instanceof ApiError && error.kind === "already-added")) {
          throw error;
        }
      });
      await removeSubtitle(item.id);
      this.#change(item.id, { phase: "done" });
    });
  }

  #change(id: string, change: Partial<QueuedSubtitle>): void {
    this.#set(this.#items.map((item) => (item.id === id ? { ...item, ...change } : item)));
  }

  #set(items: readonly QueuedSubtitle[]): void {
    this.#items = items;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

function queued({ bytes, ...stored }: StoredSubtitle, kept: boolean): QueuedSubtitle {
  const file = new File([bytes], stored.name);
  return { ...stored, file, isStored: kept, phase: "waiting", error: null };
}

/** Whether the server would refuse the file again. A `conflict` says that the film shows nothing yet. */
function isRefusal({ status, kind, isNetwork }: ApiError): boolean {
  return !isNetwork && status < 500 && ![401, 408, 429].includes(status) && kind !== "conflict";
}

export const subtitleQueue = new SubtitleQueue(session);

/** The dropped subtitle files of this account. */
export function useSubtitleQueue(): readonly QueuedSubtitle[] {
  useEffect(() => void subtitleQueue.load(), []);
  return useSyncExternalStore(subtitleQueue.subscribe, subtitleQueue.getItems);
}
