/**
 * The playback session of one film: its id, its URL with a token that expires, and the time to renew the token.
 *
 * The session is renewed as long as the server allows it. After that another session is opened, which may play a newer
 * build.
 */
import { ApiError, type Stream } from "@nang/api-client";
import type { PlaybackSessionApi } from "./playback-session-api";
import { parseStreamUrl, type StreamUrl, withCurrentToken } from "./stream-url";

export interface PlaybackSessionEvents {
  /** A session was opened. */
  onOpened(stream: Stream): void;
  /** The token should be renewed. The listener decides whether to renew it now. */
  onDue(): void;
}

export class PlaybackSession {
  readonly #api: PlaybackSessionApi;
  readonly #filmId: string;
  readonly #events: PlaybackSessionEvents;
  #sessionId: string | null = null;
  #url: StreamUrl | null = null;
  #renewAt = Number.POSITIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(api: PlaybackSessionApi, filmId: string, events: PlaybackSessionEvents) {
    this.#api = api;
    this.#filmId = filmId;
    this.#events = events;
  }

  get url(): StreamUrl | null {
    return this.#url;
  }

  /** Whether the token should be renewed. Checks the clock too, because timers do not run while a phone sleeps. */
  get isDue(): boolean {
    return this.#url !== null && (this.#sessionId === null || Date.now() >= this.#renewAt);
  }

  /** Replaces the token of a URL with the newest one. */
  currentUrl = (url: string): string => (this.#url ? withCurrentToken(url, this.#url) : url);

  /** Renews the session, or opens one, and returns the URL with the new token. */
  async obtainUrl(): Promise<StreamUrl> {
    const { url, expires_at } = (await this.#renewExisting()) ?? (await this.#openNew());
    const streamUrl = parseStreamUrl(url, globalThis.location.href);
    this.#url = streamUrl;
    this.#schedule(renewalDelayMs(Date.parse(expires_at) - Date.now()));
    return streamUrl;
  }

  /** Retries a failed renewal later: the old token may still be valid for a while. */
  postpone(): void {
    this.#schedule(30_000);
  }

  /** Discards the URL; the session stays active. */
  dropUrl(): void {
    clearTimeout(this.#timer);
    this.#renewAt = Number.POSITIVE_INFINITY;
    this.#url = null;
  }

  /** The session has ended, and the server knows it. */
  forget(): void {
    this.#sessionId = null;
  }

  /** Ends the session on the server. */
  end(): void {
    if (this.#sessionId !== null) {
      this.#api.end(this.#sessionId).catch(() => undefined); // Without heartbeats the server ends it after a timeout.
      this.#sessionId = null;
    }
  }

  /** Renews the session; null if there is no session or the server has ended it. */
  async #renewExisting(): Promise<{ url: string; expires_at: string } | null> {
    if (this.#sessionId === null) {
      return null;
    }
    try {
      return await this.#api.renew(this.#sessionId);
    } catch (error) {
      if (!(error instanceof ApiError && (error.status === 404 || error.kind === "conflict"))) {
        throw error;
      }
      this.#sessionId = null;
      return null;
    }
  }

  async #openNew(): Promise<Stream> {
    const stream = await this.#api.open(this.#filmId);
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
 * Renews ten minutes or a fifth of the lifetime before the token expires, whichever is longer, but not before half of the
 * lifetime is over. Waits at least 15 s, so that a short lifetime or a wrong clock causes no tight loop.
 */
export function renewalDelayMs(lifetimeMs: number): number {
  const margin = Math.max(lifetimeMs / 5, Math.min(600_000, lifetimeMs / 2));
  return Math.min(2 ** 31 - 1, Math.max(15_000, lifetimeMs - margin));
}
