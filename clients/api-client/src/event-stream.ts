/**
 * Server-sent events over `fetch`, because EventSource cannot send a bearer token.
 *
 * The parser follows the HTML standard §9.2.6 for what Nang sends: `event`, `data`, comments, any line ending, lines
 * split anywhere between network reads. `followEvents` reconnects for ever, more slowly each time, until told to stop.
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

  /** Takes the next piece of the stream and returns the events it completed. */
  push(piece: string): ServerEvent[] {
    const text = this.#rest + piece;
    const events: ServerEvent[] = [];
    let start = 0;
    for (let index = 0; index < text.length; index += 1) {
      const character = text[index];
      if (character !== "\n" && character !== "\r") {
        continue;
      }
      if (character === "\r" && index + 1 === text.length) {
        break; // A \n may follow in the next piece.
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

/** Silence longer than this means the connection is dead: the server sends a comment far more often. */
const SILENCE_LIMIT_MS = 60_000;
const RECONNECT_DELAYS_MS = [500, 1_000, 2_000, 5_000, 10_000];

export interface EventHandlers {
  onEvent(event: ServerEvent): void;
  /** Called with false when the connection is lost, with true when events flow again. */
  onConnection?(connected: boolean): void;
}

/** A connection that lived this long ended in the ordinary way: the server closes one when its token ends. */
const ORDINARY_LIFE_MS = 5_000;

/** Makes one connection that ends with `connection`; throws an {@link ApiError} if the server refuses. */
type Open = (connection: AbortSignal) => Promise<Response>;

/** Follows a stream until `signal` aborts. Rejects only if the server refuses it for good (a 4xx). */
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
      if (error instanceof ApiError && !error.mayPass) {
        throw error;
      }
    }
    if (signal.aborted) {
      return;
    }
    if (Date.now() - openedAt >= ORDINARY_LIFE_MS) {
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
  let silence = setTimeout(stop, SILENCE_LIMIT_MS);
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
      clearTimeout(silence);
      silence = setTimeout(stop, SILENCE_LIMIT_MS);
      for (const event of parser.push(value)) {
        handlers.onEvent(event);
      }
    }
  } catch (error) {
    if (!isAbort(error)) {
      throw error;
    }
  } finally {
    clearTimeout(silence);
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
