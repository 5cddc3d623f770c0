/**
 * The login: the access token lives in memory only, the refresh token in a cookie no script can read.
 *
 * A refresh token is good for one use, and using it again once its successor is in use ends the login. So refreshes are
 * made one at a time: within the page by sharing the request, between tabs by a lock.
 */
import type { components } from "./generated";
import { withLock } from "./lock";
import { ApiError } from "./problem";
import type { Transport } from "./transport";

export type Account = components["schemas"]["Account"];
type AccessGrant = components["schemas"]["AccessGrant"];

/** Renewed this long before its end, so that no request meets an expired token on the way. */
const RENEWAL_MARGIN_MS = 30_000;

/**
 * Whether somebody logged in here and has not logged out. It is no secret: it spares strangers a refresh that must fail,
 * and lets a page that is loaded again find its login before its first request.
 */
export interface LoginMemory {
  read(): boolean;
  write(loggedIn: boolean): void;
}

export class Session {
  readonly #transport: Transport;
  readonly #memory: LoginMemory | null;
  readonly #listeners = new Set<() => void>();
  #accessToken: string | null = null;
  #renewAt = 0;
  #user: Account | null = null;
  #refreshing: Promise<boolean> | null = null;

  constructor(transport: Transport, memory: LoginMemory | null) {
    this.#transport = transport;
    this.#memory = memory;
  }

  get user(): Account | null {
    return this.#user;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async login(email: string, password: string): Promise<Account> {
    const response = await this.#post("/api/auth/login", { email, password });
    if (!response.ok) {
      throw await ApiError.fromResponse(response);
    }
    return this.#accept((await response.json()) as AccessGrant);
  }

  /**
   * Ends the login. Throws if the server did not say so: then it goes on, here too, since a page that only looked logged
   * out would be found logged in by whoever loads it next.
   */
  async logout(): Promise<void> {
    const response = await this.#post("/api/auth/logout");
    if (!response.ok && response.status !== 401) {
      throw await ApiError.fromResponse(response);
    }
    this.#forget();
  }

  /** A token that is good now, or null if nobody is logged in. Throws only if the server cannot be reached. */
  async token(): Promise<string | null> {
    const isOver = this.#accessToken !== null && Date.now() >= this.#renewAt;
    const isRemembered = this.#accessToken === null && this.#memory?.read() === true;
    if (isOver || isRemembered) {
      await this.refresh();
    }
    return this.#accessToken;
  }

  /** Gets another token than `refused`; false if there is no login to go on with. */
  async replace(refused: string): Promise<boolean> {
    const isReplaced = this.#accessToken !== null && this.#accessToken !== refused;
    return isReplaced || (await this.refresh());
  }

  /** Exchanges the cookie for a new access token; false if there is no login to go on with. */
  refresh(): Promise<boolean> {
    this.#refreshing ??= withLock("nang.refresh", () => this.#refreshOnce()).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refreshOnce(): Promise<boolean> {
    const response = await this.#post("/api/auth/refresh");
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

  /** Without an access token: these routes live by the password or the cookie. */
  #post(path: string, body?: unknown): Promise<Response> {
    return this.#transport.send({ method: "post", path, body }, null);
  }

  #accept(grant: AccessGrant): Account {
    this.#accessToken = grant.access_token;
    // Never later than half its life, whatever this device's clock says.
    const lifetimeMs = Math.max(0, Date.parse(grant.access_expires_at) - Date.now());
    this.#renewAt = Date.now() + Math.max(lifetimeMs / 2, lifetimeMs - RENEWAL_MARGIN_MS);
    this.#user = grant.user;
    this.#memory?.write(true);
    this.#notify();
    return grant.user;
  }

  #forget(): void {
    this.#accessToken = null;
    this.#user = null;
    this.#memory?.write(false);
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

const MEMORY_KEY = "nang.logged_in";

/** In `localStorage`; null where there is none. */
export function browserLoginMemory(): LoginMemory | null {
  if (typeof document === "undefined") {
    return null;
  }
  return {
    read() {
      try {
        return localStorage.getItem(MEMORY_KEY) !== null;
      } catch {
        return false; // Private window.
      }
    },
    write(loggedIn) {
      try {
        if (loggedIn) {
          localStorage.setItem(MEMORY_KEY, "1");
        } else {
          localStorage.removeItem(MEMORY_KEY);
        }
      } catch {
        // Private window: a reload asks to log in again.
      }
    },
  };
}
