/**
 * Why a film, a file or a job failed, by the server's code. In a text, `{name}` is a value, `{Name}` the same with a capital first
 * letter, and a part in square brackets is left out unless all its values are there. A value may be another reason, such as a cause.
 */
import type { FailureReason } from "@nang/api-client";
import type { Language } from "./language";
import { REASONS_EN } from "./reasons-en";
import { REASONS_LO } from "./reasons-lo";

export type ReasonTexts = Readonly<Record<FailureReason["code"], string>>;

export const REASON_TEXTS: Readonly<Record<Language, ReasonTexts>> = { en: REASONS_EN, lo: REASONS_LO };

/** The reason in the language of the page; null if it must be left to the server's English words. */
export function reasonIn(reason: FailureReason | null | undefined, language: Language): string | null {
  // A newer server may have more codes.
  if (!reason || reason.code === "other" || !Object.hasOwn(REASON_TEXTS[language], reason.code)) {
    return null;
  }
  const values = Object.entries(reason.values).map(([name, value]): [string, string] => [
    name,
    typeof value === "string" ? value : (reasonIn(value, language) ?? otherText(value)),
  ]);
  return filled(REASON_TEXTS[language][reason.code], new Map(values));
}

/** A part of a sentence without a code of its own is in English. */
function otherText({ values }: FailureReason): string {
  return typeof values.detail === "string" ? values.detail : "";
}

function filled(text: string, values: ReadonlyMap<string, string>): string {
  return text
    .replace(/\[([^\]]*)\]/g, (_, part: string) =>
      namesIn(part).every((name) => values.has(name)) ? part : "",
    )
    .replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values.get(name.toLowerCase()) ?? "";
      return /^[A-Z]/.test(name) ? value.charAt(0).toUpperCase() + value.slice(1) : value;
    });
}

/** The names of the values in a text. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => (name ?? "").toLowerCase());
}
