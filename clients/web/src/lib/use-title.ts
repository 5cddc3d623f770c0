/** The title of the page: in the browser's tab, and announced to screen readers after a navigation. */
import { useEffect, useSyncExternalStore } from "react";
import { useLanguage } from "../i18n/language";

const listeners = new Set<() => void>();
let announced = "";
let isFirst = true;

export function useTitle(title: string | null): void {
  const { t } = useLanguage();
  useEffect(() => {
    document.title = title ? `${title} · ${t.site.name}` : `${t.site.name} · ${t.site.tagline}`;
    // The browser itself announces the title of a document that it has loaded.
    if (!isFirst) {
      announced = title ?? t.site.home;
      for (const listener of listeners) {
        listener();
      }
    }
    isFirst = false;
  }, [title, t]);
}

/** The title to announce; empty on the first page. */
export function useAnnouncedTitle(): string {
  return useSyncExternalStore(subscribe, () => announced);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
