/** Why a film does not play, for the one who wants to see it. */
import type { ApiError, RunningSession } from "@nang/api-client";

export type FailureKind =
  | "refused"
  | "login"
  | "busy"
  | "elsewhere"
  | "gone"
  | "unsupported"
  | "damaged"
  | "server";

export interface Failure {
  kind: FailureKind;
  /** The server's own words, if it had any. */
  detail: string | null;
  /** Of `busy`: the account's oldest running session, which can make room. */
  running?: RunningSession;
}

/** What the server's refusal means, or null if asking again may help. */
export function failureOf(error: ApiError): Failure | null {
  const running = error.problem?.running_session;
  if (running) {
    return { kind: "busy", detail: error.detail, running };
  }
  switch (error.status) {
    case 401:
      return { kind: "login", detail: error.detail };
    case 403:
      return { kind: "refused", detail: error.detail };
    case 404:
    case 409:
    case 410:
      return { kind: "gone", detail: error.detail };
    default:
      return null;
  }
}
