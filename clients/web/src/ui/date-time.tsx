import { useLanguage } from "../i18n/language";

export function DateTime({ at }: { at: string }) {
  const { language } = useLanguage();
  // Browsers lack Lao month names, so Lao dates are numeric: day/month/year, as is usual in Laos.
  const text = new Intl.DateTimeFormat("en-GB", {
    dateStyle: language === "lo" ? "short" : "medium",
    timeStyle: "short",
  }).format(new Date(at));
  return <time dateTime={at}>{text}</time>;
}
