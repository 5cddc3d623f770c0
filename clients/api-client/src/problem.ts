/**
 * What went wrong with a request, in one type for every caller.
 *
 * The server answers errors as RFC 9457 `application/problem+json`; its `detail` is written for people and is
 * shown as it is. `status` is 0 when no answer came at all.
 */
import type { components } from "./generated";

export type Problem = components["schemas"]["Problem"];

export class ApiError extends Error {
  readonly status: number;
  /** The server's own sentence, or null when it sent none (a proxy's error page, no network). */
  readonly detail: string | null;
  /** Field name -> what is wrong with it. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(status: number, problem: Partial<Problem> | null, options?: ErrorOptions) {
    super(
      problem?.detail ?? problem?.title ?? (status === 0 ? "No answer from the server" : `HTTP ${status}`),
      options,
    );
    this.name = "ApiError";
    this.status = status;
    this.detail = problem?.detail ?? problem?.title ?? null;
    this.fields = Object.fromEntries((problem?.errors ?? []).map((error) => [error.field, error.detail]));
  }

  /** No answer came: the link is down, or the server is. Trying again may help. */
  get isNetwork(): boolean {
    return this.status === 0;
  }

  static async fromResponse(response: Response): Promise<ApiError> {
    return new ApiError(response.status, parseProblem(await response.text().catch(() => "")));
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
