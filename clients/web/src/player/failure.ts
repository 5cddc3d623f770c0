/** Why a film does not play, as the viewer sees it. */
import type { ActiveSession, ApiError } from "@nang/api-client";

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
  /** The server's text, if it sent one. */
  detail: string | null;
  /** Set for `busy`: the account's oldest active playback session, which the viewer may end to watch here. */
  running?: ActiveSession;
}

/** The failure that a response of the server means, or null if a retry may succeed. */
export function failureOf(error: ApiError): Failure | null {
  const running = error.problem?.active_session;
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
