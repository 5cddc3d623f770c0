/**
 * The account session. The access token is in memory only, the refresh token in a cookie that scripts cannot read.
 *
 * A refresh token is valid once. If it is used again after its successor was used, the server ends the session. Therefore
 * only one refresh runs at a time: calls within a page share the request, and a lock excludes other tabs.
 */
import type { components } from "./generated";
import { withLock } from "./lock";
import { ApiError } from "./problem";
import type { Transport } from "./transport";

export type Account = components["schemas"]["Account"];
type AccessGrant = components["schemas"]["AccessGrant"];

/** The access token is refreshed this long before it expires, so that it does not expire while a request is in flight. */
const RENEWAL_MARGIN_MS = 30_000;

/**
 * Remembers whether an account has logged in here and not logged out. It is not secret. Without it an anonymous visitor
 * would send a refresh that must fail; with it a reloaded page refreshes its session before its first request.
 */
export interface SessionHint {
  read(): boolean;
  write(loggedIn: boolean): void;
}

/** An access token. Each grant is another object, even if the server issues an equal token twice within a second. */
export interface AccessToken {
  readonly value: string;
}

export class Session {
  readonly #transport: Transport;
  readonly #hint: SessionHint | null;
  readonly #listeners = new Set<() => void>();
  #accessToken: AccessToken | null = null;
  #renewAt = 0;
  #user: Account | null = null;
  #refreshing: Promise<boolean> | null = null;

  constructor(transport: Transport, hint: SessionHint | null) {
    this.#transport = transport;
    this.#hint = hint;
  }

  get user(): Account | null {
    return this.#user;
  }

  /** Whether a session may exist that has not been resumed yet: `user` is null, but may soon not be. */
  get isPending(): boolean {
    return this.#user === null && this.#hint?.read() === true;
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
   * Ends the session. Rejects if the server did not confirm it; the session then stays active here too, because a page
   * that only looked logged out would be logged in again after a reload.
   */
  async logout(): Promise<void> {
    const response = await this.#post("/api/auth/logout");
    if (!response.ok && response.status !== 401) {
      throw await ApiError.fromResponse(response);
    }
    this.#forget();
  }

  /** The value of {@link accessToken}. */
  async token(): Promise<string | null> {
    return (await this.accessToken())?.value ?? null;
  }

  /** A valid access token, or null if no account is logged in. Rejects only if a refresh that is due fails. */
  async accessToken(): Promise<AccessToken | null> {
    const isExpired = this.#accessToken !== null && Date.now() >= this.#renewAt;
    const mayHaveSession = this.#accessToken === null && this.#hint?.read() === true;
    if (isExpired || mayHaveSession) {
      await this.refresh();
    }
    return this.#accessToken;
  }

  /** Obtains another access token than `refused`; false if the session has ended. */
  async replace(refused: AccessToken): Promise<boolean> {
    const isReplaced = this.#accessToken !== null && this.#accessToken !== refused;
    return isReplaced || (await this.refresh());
  }

  /** Exchanges the refresh cookie for a new access token; false if the session has ended. */
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

  /** Sends no access token: these routes use the password or the cookie. */
  #post(path: string, body?: unknown): Promise<Response> {
    return this.#transport.send({ method: "post", path, body }, null);
  }

  #accept(grant: AccessGrant): Account {
    this.#accessToken = { value: grant.access_token };
    // Not before half of its lifetime is over, even if this device's clock is wrong.
    const lifetimeMs = Math.max(0, Date.parse(grant.access_expires_at) - Date.now());
    this.#renewAt = Date.now() + Math.max(lifetimeMs / 2, lifetimeMs - RENEWAL_MARGIN_MS);
    this.#user = grant.user;
    this.#hint?.write(true);
    this.#notify();
    return grant.user;
  }

  #forget(): void {
    this.#accessToken = null;
    this.#user = null;
    this.#hint?.write(false);
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

const HINT_KEY = "nang.logged_in";

/** Keeps the hint in `localStorage`; null outside browsers. */
export function browserSessionHint(): SessionHint | null {
  if (typeof document === "undefined") {
    return null;
  }
  return {
    read() {
      try {
        return localStorage.getItem(HINT_KEY) !== null;
      } catch {
        return false; // Storage is forbidden (private window).
      }
    },
    write(loggedIn) {
      try {
        if (loggedIn) {
          localStorage.setItem(HINT_KEY, "1");
        } else {
          localStorage.removeItem(HINT_KEY);
        }
      } catch {
        // Storage is forbidden (private window): after a reload the user must log in again.
      }
    },
  };
}
