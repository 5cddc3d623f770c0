/**
 * The signed-in session: the access token lives in memory only, the refresh token in a cookie no script can read.
 *
 * A refresh token is good for one use, and a second use of it ends the session everywhere. So refreshes are made one
 * at a time: within the page by sharing the request, between tabs by a browser lock where there is one.
 */
import type { components } from "./generated";
import { ApiError } from "./problem";

export type Account = components["schemas"]["Account"];
type AccessGrant = components["schemas"]["AccessGrant"];

/** Renewed this long before its end, so that no request meets an expired token on the way. */
const RENEWAL_MARGIN_MS = 30_000;

export class Session {
  #accessToken: string | null = null;
  #renewAt = 0;
  #user: Account | null = null;
  #refreshing: Promise<boolean> | null = null;
  readonly #listeners = new Set<() => void>();

  get user(): Account | null {
    return this.#user;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async login(email: string, password: string): Promise<void> {
    const response = await send("/api/auth/login", { email, password });
    if (!response.ok) {
      throw await ApiError.fromResponse(response);
    }
    this.#accept((await response.json()) as AccessGrant);
  }

  async logout(): Promise<void> {
    try {
      await send("/api/auth/logout");
    } finally {
      this.#forget();
    }
  }

  /** A token that is good now, or null if nobody is signed in. Throws only if the server cannot be reached. */
  async token(): Promise<string | null> {
    if (this.#accessToken !== null && Date.now() >= this.#renewAt) {
      await this.refresh();
    }
    return this.#accessToken;
  }

  /** Exchanges the cookie for a new access token; false if there is no session to go on with. */
  refresh(): Promise<boolean> {
    this.#refreshing ??= withLock("nang-refresh", () => this.#refreshOnce()).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refreshOnce(): Promise<boolean> {
    const response = await send("/api/auth/refresh");
    if (response.ok) {
      this.#accept((await response.json()) as AccessGrant);
      return true;
    }
    if (response.status === 401 || response.status === 403) {
      this.#forget();
      return false;
    }
    throw await ApiError.fromResponse(response);
  }

  #accept(grant: AccessGrant): void {
    this.#accessToken = grant.access_token;
    // Never later than half its life, whatever this device's clock says.
    const lifetimeMs = Math.max(0, Date.parse(grant.access_expires_at) - Date.now());
    this.#renewAt = Date.now() + Math.max(lifetimeMs / 2, lifetimeMs - RENEWAL_MARGIN_MS);
    this.#user = grant.user;
    this.#notify();
  }

  #forget(): void {
    this.#accessToken = null;
    this.#user = null;
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

async function send(path: string, body?: unknown): Promise<Response> {
  try {
    return await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      ...(body === undefined
        ? {}
        : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new ApiError(0, null, { cause });
  }
}

/** Web Locks exist in secure contexts only; a hall's plain-HTTP address does without. */
async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  return locks ? await locks.request(name, work) : await work();
}
