import { useLanguage } from "../i18n/language";
import { dateTimeText } from "../lib/dates";

export function DateTime({ at }: { at: string }) {
  const { language } = useLanguage();
  return <time dateTime={at}>{dateTimeText(at, language)}</time>;
}
