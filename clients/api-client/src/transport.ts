/**
 * Requests to one server, and the only place that calls `fetch`.
 *
 * No answer at all becomes an {@link ApiError} with status 0; an abort stays an abort. The refresh cookie is the
 * browser's affair; elsewhere (Node) nobody keeps it, so it is kept here.
 */
import { ApiError, isAbort } from "./problem";

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

export interface TransportOptions {
  /** Address of the server (`https://films.example.la`); not needed by pages that it serves itself. */
  baseUrl?: string;
  /** Another `fetch` than the platform's. */
  fetch?: Fetch;
}

/** One request, with everything in it but the right to make it. */
export interface Call {
  method: string;
  /** As the OpenAPI file writes it: `/api/films/{id_or_slug}`. */
  path: string;
  pathValues?: Readonly<Record<string, unknown>> | undefined;
  query?: Readonly<Record<string, unknown>> | undefined;
  header?: Readonly<Record<string, unknown>> | undefined;
  body?: unknown;
  signal?: AbortSignal | undefined;
  keepalive?: boolean | undefined;
  /** `Accept`; JSON if not given. */
  accept?: string;
}

const REFRESH_COOKIE = "nang_refresh";
const COOKIE_PATH = "/api/auth";

export class Transport {
  readonly #baseUrl: string;
  readonly #fetch: Fetch;
  #cookie: string | null = null;

  constructor({ baseUrl = "", fetch: other }: TransportOptions = {}) {
    this.#baseUrl = baseUrl.replace(/\/$/, "");
    this.#fetch = other ?? ((input, init) => fetch(input, init));
  }

  async send(call: Call, accessToken: string | null): Promise<Response> {
    const headers = new Headers({ Accept: call.accept ?? "application/json" });
    for (const [name, value] of given(call.header)) {
      headers.set(name, value);
    }
    if (call.body !== undefined) {
      headers.set("Content-Type", "application/json");
    }
    if (accessToken !== null) {
      headers.set("Authorization", `Bearer ${accessToken}`);
    }
    const isForCookie = call.path.startsWith(COOKIE_PATH);
    if (isForCookie && this.#cookie !== null) {
      headers.set("Cookie", this.#cookie);
    }
    try {
      const response = await this.#fetch(this.#baseUrl + addressOf(call), {
        method: call.method.toUpperCase(),
        headers,
        credentials: "same-origin",
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        ...(call.signal ? { signal: call.signal } : {}),
        ...(call.keepalive ? { keepalive: true } : {}),
      });
      if (isForCookie) {
        this.#keepCookie(response);
      }
      return response;
    } catch (cause) {
      throw call.signal?.aborted || isAbort(cause) ? cause : new ApiError(0, null, { cause });
    }
  }

  /** Browsers show scripts no `Set-Cookie`, and have kept it already. */
  #keepCookie(response: Response): void {
    for (const line of response.headers.getSetCookie?.() ?? []) {
      const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
      if (pair.startsWith(`${REFRESH_COOKIE}=`)) {
        this.#cookie = attributes.some((attribute) => /^max-age=0$/i.test(attribute)) ? null : pair;
      }
    }
  }
}

/** The path with its values filled in, and the query; what is undefined or null is left out. */
export function addressOf({ path, pathValues, query }: Call): string {
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = pathValues?.[name];
    if (value === undefined || value === null || value === "") {
      throw new TypeError(`${path} needs a ${name}`);
    }
    return encodeURIComponent(String(value));
  });
  const search = new URLSearchParams(given(query)).toString();
  return search === "" ? filled : `${filled}?${search}`;
}

function given(values: Readonly<Record<string, unknown>> | undefined): [string, string][] {
  return Object.entries(values ?? {})
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [name, String(value)]);
}
