/**
 * What went wrong with a request, in one type for every caller.
 *
 * The server answers errors as RFC 9457 `application/problem+json`; its `detail` is written for people and is
 * shown as it is. `status` is 0 when no answer came at all.
 */
import type { components } from "./generated";

export type Problem = components["schemas"]["Problem"];

const KIND_PREFIX = "urn:nang:problem:";

export class ApiError extends Error {
  readonly status: number;
  /** The server's document, or null when it sent none (a proxy's error page, no network). */
  readonly problem: Partial<Problem> | null;
  /** What the server's log knows the request by, if an answer came. */
  readonly requestId: string | null;
  /** When it may be tried again (429), in milliseconds from the answer. */
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
      problem?.detail ?? problem?.title ?? (status === 0 ? "No answer from the server" : `HTTP ${status}`),
      options,
    );
    this.name = "ApiError";
    this.status = status;
    this.problem = problem;
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
  }

  /** The kind of problem (`too-many-streams`), stable unlike the texts; null if the server named none. */
  get kind(): string | null {
    const type = this.problem?.type;
    return type?.startsWith(KIND_PREFIX) ? type.slice(KIND_PREFIX.length) : null;
  }

  /** The kind in words. */
  get title(): string | null {
    return this.problem?.title ?? null;
  }

  /** The server's own sentence. */
  get detail(): string | null {
    return this.problem?.detail ?? this.title;
  }

  /** Field name -> what is wrong with it. */
  get fields(): Readonly<Record<string, string>> {
    return Object.fromEntries((this.problem?.errors ?? []).map((error) => [error.field, error.detail]));
  }

  /** No answer came: the link is down, or the server is. Trying again may help. */
  get isNetwork(): boolean {
    return this.status === 0;
  }

  /** The same request may well succeed later. */
  get mayPass(): boolean {
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

/** Reads a problem document, or null if the text is something else (an HTML error page, nothing). */
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

/** An abort is not an error to show. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
