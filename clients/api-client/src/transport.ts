/**
 * Sends requests to one server. Only this module calls `fetch`.
 *
 * If no response arrives it rejects with an {@link ApiError} of status 0; an aborted request rejects with `AbortError`.
 * Browsers keep the refresh cookie. Other platforms (Node) do not, so this module keeps it there.
 */
import { ApiError, isAbort } from "./problem";

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

export interface TransportOptions {
  /** URL of the server (`https://films.example.la`). Pages that the server itself serves do not need it. */
  baseUrl?: string;
  /** Replaces the platform's `fetch`. */
  fetch?: Fetch;
}

/** One request without its access token. */
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
  /** The `Accept` header; JSON by default. */
  accept?: string;
}

const REFRESH_COOKIE = "nang_refresh";
const COOKIE_PATH = "/api/auth";

export class Transport {
  readonly #baseUrl: string;
  readonly #fetch: Fetch;
  #cookie: string | null = null;

  constructor({ baseUrl = "", fetch: customFetch }: TransportOptions = {}) {
    this.#baseUrl = baseUrl.replace(/\/$/, "");
    this.#fetch = customFetch ?? ((input, init) => fetch(input, init));
  }

  async send(call: Call, accessToken: string | null): Promise<Response> {
    const headers = new Headers({ Accept: call.accept ?? "application/json" });
    for (const [name, value] of definedEntries(call.header)) {
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
      const response = await this.#fetch(this.#baseUrl + urlOf(call), {
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

  /** Does nothing in browsers: they keep the cookie themselves and hide `Set-Cookie` from scripts. */
  #keepCookie(response: Response): void {
    for (const line of response.headers.getSetCookie?.() ?? []) {
      const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
      if (pair.startsWith(`${REFRESH_COOKIE}=`)) {
        this.#cookie = attributes.some((attribute) => /^max-age=0$/i.test(attribute)) ? null : pair;
      }
    }
  }
}

/** The path with its values filled in, and the query. Values that are undefined or null are omitted. */
export function urlOf({ path, pathValues, query }: Call): string {
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = pathValues?.[name];
    if (value === undefined || value === null || value === "") {
      throw new TypeError(`${path} needs a ${name}`);
    }
    return encodeURIComponent(String(value));
  });
  const search = new URLSearchParams(definedEntries(query)).toString();
  return search === "" ? filled : `${filled}?${search}`;
}

function definedEntries(values: Readonly<Record<string, unknown>> | undefined): [string, string][] {
  return Object.entries(values ?? {})
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [name, String(value)]);
}
