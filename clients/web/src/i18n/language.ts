/**
 * The language of the texts: Lao unless the reader's browser prefers English, kept once they choose.
 */
import { useSyncExternalStore } from "react";
import { type Dictionary, en } from "./en";
import { lo } from "./lo";

export type Language = "lo" | "en";

const DICTIONARIES: Record<Language, Dictionary> = { lo, en };
const KEY = "nang.language";
const listeners = new Set<() => void>();
let current: Language = initialLanguage();

export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split("-")[0];
    if (language === "lo" || language === "en") {
      return language;
    }
  }
  return "lo";
}

export function setLanguage(language: Language): void {
  current = language;
  document.documentElement.lang = language;
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // Private window: chosen for this page only.
  }
  for (const listener of listeners) {
    listener();
  }
}

export function useLanguage(): { t: Dictionary; language: Language } {
  const language = useSyncExternalStore(subscribe, () => current);
  return { t: DICTIONARIES[language], language };
}

/** For texts outside of components, in the language of the moment. */
export function texts(): Dictionary {
  return DICTIONARIES[current];
}

/** A film's title in the reader's language, or in whatever language it has one, with that language. */
export function titleOf(
  titles: Readonly<Record<string, string>>,
  language: Language,
  untitled: string,
): { text: string; lang: string } {
  for (const lang of [language, "lo", "en", ...Object.keys(titles)]) {
    const text = titles[lang]?.trim();
    if (text) {
      return { text, lang };
    }
  }
  return { text: untitled, lang: language };
}

/** The title in the other language, to be shown beneath; null if there is none. */
export function secondTitleOf(
  titles: Readonly<Record<string, string>>,
  language: Language,
): { text: string; lang: string } | null {
  const other = language === "lo" ? "en" : "lo";
  const text = titles[other]?.trim();
  return text && titles[language]?.trim() ? { text, lang: other } : null;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function initialLanguage(): Language {
  if (typeof document === "undefined") {
    return "lo";
  }
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(KEY);
  } catch {
    // Private window.
  }
  const language = kept === "lo" || kept === "en" ? kept : preferredLanguage(navigator.languages);
  document.documentElement.lang = language;
  return language;
}
