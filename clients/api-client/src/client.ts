/**
 * The typed client: paths, parameters, bodies and answers come from the server's OpenAPI file.
 *
 * Every call resolves to the answer's body or throws an {@link ApiError}. A 401 is answered by one refresh, shared by all
 * who meet it, and one repetition.
 */
import { type EventHandlers, followEvents } from "./event-stream";
import type { paths } from "./generated";
import { Pages } from "./pages";
import { ApiError } from "./problem";
import type {
  Answer,
  Arguments,
  EventPath,
  ItemOf,
  ListPath,
  Page,
  PathOf,
  RequestOf,
  RequestOptions,
  Verb,
} from "./routes";
import { browserLoginMemory, type LoginMemory, Session } from "./session";
import { type Call, Transport, type TransportOptions } from "./transport";

export interface ClientOptions extends TransportOptions {
  /** Where it is kept that there may be a login to go on with; `localStorage` in browsers. */
  loginMemory?: LoginMemory | null;
}

/** Calls a route by its path. */
type Method<V extends Verb> = <P extends PathOf<V>>(
  path: P,
  ...request: Arguments<P, V>
) => Promise<Answer<P, V>>;

/** What the methods below make of their arguments; the types have made sure that it fits the route. */
interface LooseRequest extends RequestOptions {
  path?: Readonly<Record<string, unknown>> | undefined;
  query?: Readonly<Record<string, unknown>> | undefined;
  header?: Readonly<Record<string, unknown>> | undefined;
  body?: unknown;
}

export class NangClient {
  /** Who is logged in, if anybody. */
  readonly session: Session;
  readonly #transport: Transport;

  readonly get: Method<"get"> = this.#method("get");
  readonly post: Method<"post"> = this.#method("post");
  readonly put: Method<"put"> = this.#method("put");
  readonly patch: Method<"patch"> = this.#method("patch");
  readonly delete: Method<"delete"> = this.#method("delete");

  constructor({ loginMemory = browserLoginMemory(), ...options }: ClientOptions = {}) {
    this.#transport = new Transport(options);
    this.session = new Session(this.#transport, loginMemory);
  }

  /** A list page by page, each fetched when it is asked for. `.items()` goes through the items of all of them. */
  pages<P extends ListPath>(path: P, ...[request]: Arguments<P, "get">): Pages<ItemOf<P>> {
    const loose: LooseRequest = request ?? {};
    return new Pages(async (cursor) => {
      const query = cursor === null ? loose.query : { ...loose.query, cursor };
      return (await this.#json("get", path, { ...loose, ...(query && { query }) })) as Page<ItemOf<P>>;
    });
  }

  /** Follows a stream of events until `signal` aborts, across lost connections; see {@link followEvents}. */
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
    const token = await this.session.token();
    let response = await this.#transport.send(call, token);
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
