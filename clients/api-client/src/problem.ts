/**
 * The error of a failed request.
 *
 * The server sends errors as RFC 9457 `application/problem+json`. Its `detail` is written for people and is shown
 * unchanged. `status` is 0 when no response arrived.
 */
import type { components } from "./generated";

export type Problem = components["schemas"]["Problem"];

const KIND_PREFIX = "urn:nang:problem:";

export class ApiError extends Error {
  readonly status: number;
  /** The problem document; null if the server sent no such document (a proxy's error page, no network). */
  readonly problem: Partial<Problem> | null;
  /** The request's id in the server's log, if a response arrived. */
  readonly requestId: string | null;
  /** When the request may be retried (429), in milliseconds after the response. */
  readonly retryAfterMs: number | null;

  constructor(
    status: number,
    problem: Partial<Problem> | null,
    {
      requestId = null,
      retryAfterMs = null,
      ...options
    }: ErrorOptions & { requestId?: string | null; retryAfterMs?: number | null } = {},
  ) {
    super(
      problem?.detail ?? problem?.title ?? (status === 0 ? "The server did not respond" : `HTTP ${status}`),
      options,
    );
    this.name = "ApiError";
    this.status = status;
    this.problem = problem;
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
  }

  /** The kind of problem (`too-many-streams`). Unlike the texts it is stable. Null if the server sent none. */
  get kind(): string | null {
    const type = this.problem?.type;
    return type?.startsWith(KIND_PREFIX) ? type.slice(KIND_PREFIX.length) : null;
  }

  /** The problem document's title: its kind, for people. */
  get title(): string | null {
    return this.problem?.title ?? null;
  }

  /** The problem document's detail, or else its title. */
  get detail(): string | null {
    return this.problem?.detail ?? this.title;
  }

  /** Field name -> what is wrong with it. */
  get fields(): Readonly<Record<string, string>> {
    return Object.fromEntries((this.problem?.errors ?? []).map((error) => [error.field, error.detail]));
  }

  /** No response arrived: the network or the server is down. A retry may succeed. */
  get isNetwork(): boolean {
    return this.status === 0;
  }

  /** The same request may succeed later. */
  get isTransient(): boolean {
    return this.isNetwork || this.status >= 500 || this.status === 408 || this.status === 429;
  }

  static async fromResponse(response: Response): Promise<ApiError> {
    const retryAfter = Number(response.headers.get("Retry-After") ?? Number.NaN);
    return new ApiError(response.status, parseProblem(await response.text().catch(() => "")), {
      requestId: response.headers.get("X-Request-Id"),
      retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : null,
    });
  }
}

/** Parses a problem document; null if the text is something else (an HTML error page, an empty body). */
export function parseProblem(text: string): Partial<Problem> | null {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value)
      ? (value as Partial<Problem>)
      : null;
  } catch {
    return null;
  }
}

/** Whether a request was aborted. Callers must not show that as an error. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
