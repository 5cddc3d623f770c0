/** Says in the user's language why a request failed. The server's own texts are English; the kind of a problem is stable. */
import { ApiError } from "@nang/api-client";
import type { Dictionary } from "./en";
import type { Language } from "./language";

/** One sentence. On English pages it is the server's, which knows more of the case. */
export function explain(error: unknown, t: Dictionary, language: Language): string {
  if (!(error instanceof ApiError)) {
    return t.errors.unknown;
  }
  if (error.isNetwork) {
    return t.errors.network;
  }
  // What the server says about its own failures does not help the user.
  const isOwnFailure = error.status >= 500 && error.kind !== "storage-full" && error.status !== 507;
  if (language === "en" && error.detail !== null && !isOwnFailure) {
    return error.detail;
  }
  return ofKind(error.kind, t) ?? ofStatus(error.status, t);
}

/** What the server says in English beside a Lao sentence that is too general to act on; null if that one suffices. */
export function serverDetail(error: unknown, language: Language): string | null {
  const isGeneral = error instanceof ApiError && GENERAL_KINDS.includes(error.kind ?? "");
  return language !== "en" && isGeneral ? error.detail : null;
}

const GENERAL_KINDS = ["conflict", "invalid", "import-refused", "other"];

function ofKind(kind: string | null, t: Dictionary): string | null {
  return kind !== null && Object.hasOwn(t.problems, kind)
    ? t.problems[kind as keyof Dictionary["problems"]]
    : null;
}

function ofStatus(status: number, t: Dictionary): string {
  if (status >= 500) {
    return t.errors.server;
  }
  return status === 403 ? t.errors.forbidden : t.errors.unknown;
}
