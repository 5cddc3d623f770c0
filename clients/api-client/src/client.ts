/**
 * The typed client. The types of paths, parameters and bodies come from the server's OpenAPI file.
 *
 * Every call resolves to the body of the response or rejects with an {@link ApiError}. After a 401 the client refreshes
 * the access token once, shared by all requests that received a 401 at the same time, and repeats each request once.
 */
import { type EventHandlers, followEvents } from "./event-stream";
import type { paths } from "./generated";
import { Pages } from "./pages";
import { ApiError } from "./problem";
import type {
  Arguments,
  EventPath,
  ItemOf,
  ListPath,
  Page,
  PathOf,
  RequestOf,
  RequestOptions,
  ResultOf,
  Verb,
} from "./routes";
import { browserSessionHint, Session, type SessionHint } from "./session";
import { type Call, Transport, type TransportOptions } from "./transport";

export interface ClientOptions extends TransportOptions {
  /** Where the client remembers that a session may exist; `localStorage` in browsers. */
  sessionHint?: SessionHint | null;
}

/** Calls a route by its path. */
type Method<V extends Verb> = <P extends PathOf<V>>(
  path: P,
  ...request: Arguments<P, V>
) => Promise<ResultOf<P, V>>;

/** The arguments of the methods below. Their types have already checked them against the route. */
interface LooseRequest extends RequestOptions {
  path?: Readonly<Record<string, unknown>> | undefined;
  query?: Readonly<Record<string, unknown>> | undefined;
  header?: Readonly<Record<string, unknown>> | undefined;
  body?: unknown;
}

export class NangClient {
  /** The account session. */
  readonly session: Session;
  readonly #transport: Transport;

  readonly get: Method<"get"> = this.#method("get");
  readonly post: Method<"post"> = this.#method("post");
  readonly put: Method<"put"> = this.#method("put");
  readonly patch: Method<"patch"> = this.#method("patch");
  readonly delete: Method<"delete"> = this.#method("delete");

  constructor({ sessionHint = browserSessionHint(), ...options }: ClientOptions = {}) {
    this.#transport = new Transport(options);
    this.session = new Session(this.#transport, sessionHint);
  }

  /** A list, page by page. A page is fetched when `next()` is called; `.items()` iterates over the items of all pages. */
  pages<P extends ListPath>(path: P, ...[request]: Arguments<P, "get">): Pages<ItemOf<P>> {
    const loose: LooseRequest = request ?? {};
    return new Pages(async (cursor) => {
      const query = cursor === null ? loose.query : { ...loose.query, cursor };
      return (await this.#json("get", path, { ...loose, ...(query && { query }) })) as Page<ItemOf<P>>;
    });
  }

  /** Follows a stream of events until `signal` aborts, and reconnects when needed; see {@link followEvents}. */
  follow<P extends EventPath>(
    path: P,
    request: RequestOf<P, "get"> & { signal: AbortSignal },
    handlers: EventHandlers,
  ): Promise<void> {
    const { signal, ...rest } = request;
    const open = (connection: AbortSignal) =>
      this.#send({ ...callOf("get", path, { ...rest, signal: connection }), accept: "text/event-stream" });
    return followEvents(open, signal, handlers);
  }

  #method<V extends Verb>(verb: V): Method<V> {
    return (async (path: keyof paths, request?: LooseRequest) =>
      this.#json(verb, path, request)) as Method<V>;
  }

  async #json(verb: Verb, path: keyof paths, request: LooseRequest = {}): Promise<unknown> {
    const response = await this.#send(callOf(verb, path, request));
    return response.headers.get("Content-Type")?.includes("json") ? await response.json() : undefined;
  }

  async #send(call: Call): Promise<Response> {
    const token = await this.session.accessToken();
    let response = await this.#transport.send(call, token?.value ?? null);
    if (response.status === 401 && token !== null && (await this.session.replace(token))) {
      response = await this.#transport.send(call, await this.session.token());
    }
    if (!response.ok) {
      throw await ApiError.fromResponse(response);
    }
    return response;
  }
}

function callOf(verb: Verb, path: keyof paths, { path: pathValues, ...rest }: LooseRequest): Call {
  return { method: verb, path, pathValues, ...rest };
}
