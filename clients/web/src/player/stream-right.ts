/**
 * The right to stream one film: a playback session, its address with a token that ends, and the moment to renew it.
 *
 * A session is gone on with for as long as the server lets it; then another is opened, which may be of a newer build.
 */
import { ApiError, type Stream } from "@nang/api-client";
import type { StreamDesk } from "./stream-desk";
import { parseStreamUrl, type StreamUrl, withCurrentToken } from "./stream-url";

export interface StreamRightEvents {
  /** A session was opened. */
  onOpened(stream: Stream): void;
  /** It is time; whoever plays decides whether renewing is worth a request now. */
  onDue(): void;
}

export class StreamRight {
  readonly #desk: StreamDesk;
  readonly #filmId: string;
  readonly #events: StreamRightEvents;
  #sessionId: string | null = null;
  #url: StreamUrl | null = null;
  #renewAt = Number.POSITIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(desk: StreamDesk, filmId: string, events: StreamRightEvents) {
    this.#desk = desk;
    this.#filmId = filmId;
    this.#events = events;
  }

  get url(): StreamUrl | null {
    return this.#url;
  }

  /** A sleeping phone's timers sleep too, so the time is also looked at. */
  get isDue(): boolean {
    return this.#url !== null && (this.#sessionId === null || Date.now() >= this.#renewAt);
  }

  /** The address to really ask for: the same object under the newest token. */
  currentAddress = (address: string): string => (this.#url ? withCurrentToken(address, this.#url) : address);

  async obtain(): Promise<StreamUrl> {
    const { url, expires_at } = (await this.#goOn()) ?? (await this.#open());
    const address = parseStreamUrl(url, globalThis.location.href);
    this.#url = address;
    this.#schedule(renewalDelayMs(Date.parse(expires_at) - Date.now()));
    return address;
  }

  /** Renewing failed: the old token may still be good for a while. */
  postpone(): void {
    this.#schedule(30_000);
  }

  /** The address is of no use any more; the session goes on. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#renewAt = Number.POSITIVE_INFINITY;
    this.#url = null;
  }

  /** The session is over, and the server knows. */
  forget(): void {
    this.#sessionId = null;
  }

  /** The session is over, and the server does not know yet. */
  end(): void {
    if (this.#sessionId !== null) {
      this.#desk.end(this.#sessionId).catch(() => undefined); // It ends by itself when nobody hears of it.
      this.#sessionId = null;
    }
  }

  /** The session's new address, or null if there is none to go on with. */
  async #goOn(): Promise<{ url: string; expires_at: string } | null> {
    if (this.#sessionId === null) {
      return null;
    }
    try {
      return await this.#desk.renew(this.#sessionId);
    } catch (error) {
      if (!(error instanceof ApiError && (error.status === 404 || error.kind === "conflict"))) {
        throw error;
      }
      this.#sessionId = null;
      return null;
    }
  }

  async #open(): Promise<Stream> {
    const stream = await this.#desk.open(this.#filmId);
    this.#sessionId = stream.session_id;
    this.#events.onOpened(stream);
    return stream;
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#renewAt = Date.now() + delayMs;
    this.#timer = setTimeout(() => this.#events.onDue(), delayMs);
  }
}

/**
 * With ten minutes or a fifth of its life left, whichever is more, but not before half of it is over and never in a
 * tight loop, however short the life or wrong the device's clock.
 */
export function renewalDelayMs(lifetimeMs: number): number {
  const margin = Math.max(lifetimeMs / 5, Math.min(600_000, lifetimeMs / 2));
  return Math.min(2 ** 31 - 1, Math.max(15_000, lifetimeMs - margin));
}
