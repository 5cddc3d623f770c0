/**
 * Server-sent events over `fetch`, because EventSource cannot send a bearer token.
 *
 * The parser implements the part of HTML standard §9.2.6 that Nang uses: `event`, `data`, comments, and all line
 * endings. Network reads may split a line anywhere. `followEvents` reconnects with increasing delays until it is aborted.
 */
import { ApiError, isAbort } from "./problem";

export interface ServerEvent {
  event: string;
  data: string;
}

export class EventParser {
  #rest = "";
  #event = "";
  #data: string[] = [];

  /** Parses the next chunk of the stream and returns the events that it completes. */
  push(chunk: string): ServerEvent[] {
    const text = this.#rest + chunk;
    const events: ServerEvent[] = [];
    let start = 0;
    for (let index = 0; index < text.length; index += 1) {
      const character = text[index];
      if (character !== "\n" && character !== "\r") {
        continue;
      }
      if (character === "\r" && index + 1 === text.length) {
        break; // A \n may follow in the next chunk.
      }
      const event = this.#line(text.slice(start, index));
      if (event) {
        events.push(event);
      }
      if (character === "\r" && text[index + 1] === "\n") {
        index += 1;
      }
      start = index + 1;
    }
    this.#rest = text.slice(start);
    return events;
  }

  #line(line: string): ServerEvent | null {
    if (line === "") {
      const event =
        this.#data.length > 0 ? { event: this.#event || "message", data: this.#data.join("\n") } : null;
      this.#event = "";
      this.#data = [];
      return event;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") {
      this.#event = value;
    } else if (field === "data") {
      this.#data.push(value);
    }
    return null;
  }
}

/** A connection without data for this long is dead: the server sends a comment far more often. */
const IDLE_TIMEOUT_MS = 60_000;
const RECONNECT_DELAYS_MS = [500, 1_000, 2_000, 5_000, 10_000];

export interface EventHandlers {
  onEvent(event: ServerEvent): void;
  /** Called with false when the connection is lost, with true when it is open again. */
  onConnection?(connected: boolean): void;
}

/** A connection that was open this long did not fail: the server closes it when the access token expires. */
const STABLE_CONNECTION_MS = 5_000;

/** Opens one connection that `connection` can abort; rejects with an {@link ApiError} if the server refuses it. */
type Open = (connection: AbortSignal) => Promise<Response>;

/** Follows a stream until `signal` aborts. Rejects only if the server refuses it permanently (a 4xx). */
export async function followEvents(open: Open, signal: AbortSignal, handlers: EventHandlers): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let openedAt = Number.POSITIVE_INFINITY;
    try {
      await readOnce(open, signal, handlers, () => {
        openedAt = Date.now();
        handlers.onConnection?.(true);
      });
    } catch (error) {
      if (error instanceof ApiError && !error.isTransient) {
        throw error;
      }
    }
    if (signal.aborted) {
      return;
    }
    if (Date.now() - openedAt >= STABLE_CONNECTION_MS) {
      failures = 0;
      continue;
    }
    handlers.onConnection?.(false);
    await pause(RECONNECT_DELAYS_MS[Math.min(failures, RECONNECT_DELAYS_MS.length - 1)] ?? 0, signal);
    failures += 1;
  }
}

async function readOnce(
  open: Open,
  signal: AbortSignal,
  handlers: EventHandlers,
  onOpen: () => void,
): Promise<void> {
  const connection = new AbortController();
  const stop = () => connection.abort();
  signal.addEventListener("abort", stop, { once: true });
  let idleTimeout = setTimeout(stop, IDLE_TIMEOUT_MS);
  try {
    const response = await open(connection.signal);
    if (!response.body) {
      return;
    }
    onOpen();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      clearTimeout(idleTimeout);
      idleTimeout = setTimeout(stop, IDLE_TIMEOUT_MS);
      for (const event of parser.push(value)) {
        handlers.onEvent(event);
      }
    }
  } catch (error) {
    if (!isAbort(error)) {
      throw error;
    }
  } finally {
    clearTimeout(idleTimeout);
    signal.removeEventListener("abort", stop);
    connection.abort();
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}
