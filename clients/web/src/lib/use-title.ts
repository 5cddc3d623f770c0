import { useEffect } from "react";
import { useLanguage } from "../i18n/language";

/** Sets the title of the browser tab. */
export function useTitle(title: string | null): void {
  const { t } = useLanguage();
  useEffect(() => {
    document.title = title ? `${title} · ${t.site.name}` : t.site.name;
  }, [title, t]);
}
