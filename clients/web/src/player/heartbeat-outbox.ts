/**
 * Queues heartbeats in the browser's storage until the server has acknowledged them, across reloads and days offline.
 *
 * The server ignores duplicates, so any page may send an unacknowledged heartbeat again. Heartbeats of an account are sent
 * only while that account is logged in.
 */
import { ApiError, type HeartbeatEvent, type HeartbeatReceipt } from "@nang/api-client";

interface Batch {
  session_id: string;
  sent_at: string;
  events: HeartbeatEvent[];
}

export interface OutboxOptions {
  post(batch: Batch, keepalive: boolean): Promise<HeartbeatReceipt>;
  /** The account that is logged in now. */
  ownerId(): Promise<string | null>;
  storage: Storage | null;
  now?: () => number;
}

/** The heartbeats of one playback session that the server has not acknowledged. */
interface Pending {
  ownerId: string | null;
  events: HeartbeatEvent[];
}

const PREFIX = "nang.heartbeats.";
/** The server's limit for one request. */
const BATCH_EVENTS = 500;
/** A page that is being closed may send 64 KiB in total; these are half of it. */
const KEEPALIVE_EVENTS = 150;
/** Five and a half hours of playback without a server. Beyond that the oldest events are discarded. */
const MAX_PENDING_EVENTS = 2_000;
/** The server ignores older events. */
const MAX_AGE_MS = 30 * 24 * 3600 * 1000;

export class HeartbeatOutbox {
  readonly #options: Required<OutboxOptions>;
  /** Events that the storage did not accept. */
  readonly #memory = new Map<string, string>();
  #sending: Promise<void> = Promise.resolve();

  constructor(options: OutboxOptions) {
    this.#options = { now: Date.now, ...options };
  }

  add(sessionId: string, ownerId: string | null, event: HeartbeatEvent): void {
    const events = [...(this.#read(sessionId)?.events ?? []), event];
    this.#write(sessionId, { ownerId, events: events.slice(-MAX_PENDING_EVENTS) });
  }

  /** Sends all pending events, one request at a time. Never rejects: events that were not received stay pending. */
  send(onReceipt?: (sessionId: string, receipt: HeartbeatReceipt) => void): Promise<void> {
    this.#sending = this.#sending.then(async () => {
      for (const sessionId of this.#sessions()) {
        await this.#sendSession(sessionId, onReceipt).catch(() => undefined);
      }
    });
    return this.#sending;
  }

  /**
   * Sends the newest events of one session at once, in a request that continues when the page is closed. A beacon could
   * not send the access token.
   */
  sendWithKeepalive(sessionId: string): void {
    const send = async () => {
      const pending = await this.#sendableOf(sessionId);
      if (pending.length > 0) {
        await this.#post(sessionId, pending.slice(-KEEPALIVE_EVENTS), true);
      }
    };
    void send().catch(() => undefined);
  }

  async #sendSession(
    sessionId: string,
    onReceipt?: (sessionId: string, receipt: HeartbeatReceipt) => void,
  ): Promise<void> {
    for (;;) {
      const events = (await this.#sendableOf(sessionId)).slice(0, BATCH_EVENTS);
      if (events.length === 0) {
        return;
      }
      const receipt = await this.#post(sessionId, events, false);
      onReceipt?.(sessionId, receipt);
    }
  }

  /** The events of a session that may be sent as the account that is logged in now. */
  async #sendableOf(sessionId: string): Promise<HeartbeatEvent[]> {
    const current = await this.#options.ownerId();
    const { ownerId = null, events = [] } = this.#read(sessionId) ?? {};
    return ownerId === null || ownerId === current ? events : [];
  }

  async #post(sessionId: string, events: HeartbeatEvent[], keepalive: boolean): Promise<HeartbeatReceipt> {
    const sent_at = new Date(this.#options.now()).toISOString();
    try {
      const receipt = await this.#options.post({ session_id: sessionId, sent_at, events }, keepalive);
      this.#remove(sessionId, events);
      return receipt;
    } catch (error) {
      const isRefused = error instanceof ApiError && !error.isTransient && error.status !== 401;
      if (isRefused) {
        this.#remove(sessionId, events);
      }
      throw error;
    }
  }

  /** Reads the storage again: events may have been added during the request. */
  #remove(sessionId: string, events: readonly HeartbeatEvent[]): void {
    const removed = new Set(events.map(({ event_id }) => event_id));
    const pending = this.#read(sessionId);
    if (pending) {
      this.#write(sessionId, {
        ...pending,
        events: pending.events.filter(({ event_id }) => !removed.has(event_id)),
      });
    }
  }

  /** The sessions that have pending events. Discards sessions whose newest event is too old. */
  #sessions(): string[] {
    const { storage, now } = this.#options;
    const keys = new Set(this.#memory.keys());
    for (let index = 0; index < (storage?.length ?? 0); index += 1) {
      const key = storage?.key(index);
      if (key?.startsWith(PREFIX)) {
        keys.add(key);
      }
    }
    return [...keys]
      .map((key) => key.slice(PREFIX.length))
      .filter((sessionId) => {
        const newest = this.#read(sessionId)?.events.at(-1)?.at;
        const isRecent = newest !== undefined && now() - Date.parse(newest) < MAX_AGE_MS;
        if (!isRecent) {
          this.#write(sessionId, { ownerId: null, events: [] });
        }
        return isRecent;
      });
  }

  #read(sessionId: string): Pending | null {
    const key = PREFIX + sessionId;
    try {
      const text = this.#memory.get(key) ?? this.#options.storage?.getItem(key);
      return text ? (JSON.parse(text) as Pending) : null;
    } catch {
      return null;
    }
  }

  #write(sessionId: string, pending: Pending): void {
    const key = PREFIX + sessionId;
    this.#memory.delete(key);
    try {
      if (pending.events.length === 0) {
        this.#options.storage?.removeItem(key);
      } else if (this.#options.storage) {
        this.#options.storage.setItem(key, JSON.stringify(pending));
      } else {
        this.#memory.set(key, JSON.stringify(pending));
      }
    } catch {
      // Full or forbidden: the events are kept until this page is closed.
      this.#memory.set(key, JSON.stringify(pending));
    }
  }
}
