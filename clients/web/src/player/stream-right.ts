/**
 * The right to stream one film: its address with a token that ends, and the moment to ask for a new one.
 */
import type { Stream } from "@nang/api-client";
import { parseStreamUrl, type StreamUrl, withCurrentToken } from "./stream-url";

export class StreamRight {
  #url: StreamUrl | null = null;
  #renewAt = Number.POSITIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly authorise: () => Promise<Stream>,
    /** Called when it is time; whoever plays decides whether renewing is worth a request now. */
    private readonly onDue: () => void,
  ) {}

  get url(): StreamUrl | null {
    return this.#url;
  }

  /** A sleeping phone's timers sleep too, so the time is also looked at. */
  get isDue(): boolean {
    return Date.now() >= this.#renewAt;
  }

  /** The address to really ask for: the same object under the newest token. */
  currentAddress = (address: string): string => (this.#url ? withCurrentToken(address, this.#url) : address);

  async obtain(): Promise<Stream & { address: StreamUrl }> {
    const stream = await this.authorise();
    const address = parseStreamUrl(stream.url, globalThis.location.href);
    this.#url = address;
    this.#schedule(renewalDelayMs(Date.parse(stream.expires_at) - Date.now()));
    return { ...stream, address };
  }

  /** Renewing failed: the old token may still be good for a while. */
  postpone(): void {
    this.#schedule(30_000);
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#renewAt = Number.POSITIVE_INFINITY;
    this.#url = null;
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#renewAt = Date.now() + delayMs;
    this.#timer = setTimeout(this.onDue, delayMs);
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
