/** Dates in the viewer's language. Browsers lack Lao month names, so Lao dates are numeric: day/month/year, as is usual in Laos. */
import type { Language } from "../i18n/language";

export function dateText(at: string | Date, language: Language): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: language === "lo" ? "short" : "long" }).format(
    new Date(at),
  );
}

export function dateTimeText(at: string | Date, language: Language): string {
  return new Intl.DateTimeFormat("en-GB", {
    dateStyle: language === "lo" ? "short" : "medium",
    timeStyle: "short",
  }).format(new Date(at));
}

/** Whole calendar days, in the time zone of this device, from `at` to `now`: 0 is today, 1 is yesterday. */
export function daysAgo(at: Date, now: Date): number {
  const midnight = (time: Date) => Date.UTC(time.getFullYear(), time.getMonth(), time.getDate());
  return Math.round((midnight(now) - midnight(at)) / 86_400_000);
}
