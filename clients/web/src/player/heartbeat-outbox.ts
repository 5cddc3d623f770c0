/**
 * Heartbeats on their way to the server: kept by the browser until it has them, over reloads and days without a network.
 *
 * Sending one twice does no harm, so whatever was not acknowledged is simply sent again, by whichever page comes first.
 * An account's heartbeats wait until that account is logged in.
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
  shelf: Storage | null;
  now?: () => number;
}

/** One session's heartbeats that the server has not acknowledged. */
interface Waiting {
  ownerId: string | null;
  events: HeartbeatEvent[];
}

const PREFIX = "nang.heartbeats.";
/** The server takes no more at once. */
const BATCH_EVENTS = 500;
/** What a page that is being closed may still send is 64 KiB in all; this is half of it. */
const LAST_WORDS_EVENTS = 150;
/** Five and a half hours of play without a server; beyond it the oldest are given up. */
const MOST_WAITING_EVENTS = 2_000;
/** The server ignores what comes later. */
const LATEST_MS = 30 * 24 * 3600 * 1000;

export class HeartbeatOutbox {
  readonly #options: Required<OutboxOptions>;
  /** What the browser would not keep. */
  readonly #memory = new Map<string, string>();
  #sending: Promise<void> = Promise.resolve();

  constructor(options: OutboxOptions) {
    this.#options = { now: Date.now, ...options };
  }

  add(sessionId: string, ownerId: string | null, event: HeartbeatEvent): void {
    const events = [...(this.#read(sessionId)?.events ?? []), event];
    this.#write(sessionId, { ownerId, events: events.slice(-MOST_WAITING_EVENTS) });
  }

  /** Sends all that waits, one request after another. Never rejects: what did not arrive waits on. */
  send(onReceipt?: (sessionId: string, receipt: HeartbeatReceipt) => void): Promise<void> {
    this.#sending = this.#sending.then(async () => {
      for (const sessionId of this.#sessions()) {
        await this.#sendSession(sessionId, onReceipt).catch(() => undefined);
      }
    });
    return this.#sending;
  }

  /** Sends the newest of one session before anything else: the page is being left. (A beacon could carry no token.) */
  sendLastWords(sessionId: string): void {
    const send = async () => {
      const waiting = await this.#waitingOf(sessionId);
      if (waiting.length > 0) {
        await this.#post(sessionId, waiting.slice(-LAST_WORDS_EVENTS), true);
      }
    };
    void send().catch(() => undefined);
  }

  async #sendSession(
    sessionId: string,
    onReceipt?: (sessionId: string, receipt: HeartbeatReceipt) => void,
  ): Promise<void> {
    for (;;) {
      const events = (await this.#waitingOf(sessionId)).slice(0, BATCH_EVENTS);
      if (events.length === 0) {
        return;
      }
      const receipt = await this.#post(sessionId, events, false);
      onReceipt?.(sessionId, receipt);
    }
  }

  /** What may be sent of a session by who is logged in now. */
  async #waitingOf(sessionId: string): Promise<HeartbeatEvent[]> {
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
      const isRefused = error instanceof ApiError && !error.mayPass && error.status !== 401;
      if (isRefused) {
        this.#remove(sessionId, events);
      }
      throw error;
    }
  }

  /** Others may have been added meanwhile. */
  #remove(sessionId: string, events: readonly HeartbeatEvent[]): void {
    const gone = new Set(events.map(({ event_id }) => event_id));
    const waiting = this.#read(sessionId);
    if (waiting) {
      this.#write(sessionId, {
        ...waiting,
        events: waiting.events.filter(({ event_id }) => !gone.has(event_id)),
      });
    }
  }

  /** The sessions of which something waits; what is too old to count is thrown away on the way. */
  #sessions(): string[] {
    const { shelf, now } = this.#options;
    const keys = new Set(this.#memory.keys());
    for (let index = 0; index < (shelf?.length ?? 0); index += 1) {
      const key = shelf?.key(index);
      if (key?.startsWith(PREFIX)) {
        keys.add(key);
      }
    }
    return [...keys]
      .map((key) => key.slice(PREFIX.length))
      .filter((sessionId) => {
        const newest = this.#read(sessionId)?.events.at(-1)?.at;
        const counts = newest !== undefined && now() - Date.parse(newest) < LATEST_MS;
        if (!counts) {
          this.#write(sessionId, { ownerId: null, events: [] });
        }
        return counts;
      });
  }

  #read(sessionId: string): Waiting | null {
    const key = PREFIX + sessionId;
    try {
      const text = this.#memory.get(key) ?? this.#options.shelf?.getItem(key);
      return text ? (JSON.parse(text) as Waiting) : null;
    } catch {
      return null;
    }
  }

  #write(sessionId: string, waiting: Waiting): void {
    const key = PREFIX + sessionId;
    this.#memory.delete(key);
    try {
      if (waiting.events.length === 0) {
        this.#options.shelf?.removeItem(key);
      } else if (this.#options.shelf) {
        this.#options.shelf.setItem(key, JSON.stringify(waiting));
      } else {
        this.#memory.set(key, JSON.stringify(waiting));
      }
    } catch {
      // Full or forbidden: it waits as long as this page lives.
      this.#memory.set(key, JSON.stringify(waiting));
    }
  }
}
