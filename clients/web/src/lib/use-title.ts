import { useEffect } from "react";
import { useLanguage } from "../i18n/language";

/** The browser tab's name. */
export function useTitle(title: string | null): void {
  const { t } = useLanguage();
  useEffect(() => {
    document.title = title ? `${title} · ${t.site.name}` : t.site.name;
  }, [title, t]);
}
