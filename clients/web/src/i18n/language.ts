/**
 * The language of the texts: Lao, unless the browser prefers English. The user's choice is saved.
 */
import { useSyncExternalStore } from "react";
import { type Dictionary, en } from "./en";
import { lo } from "./lo";

export type Language = "lo" | "en";

const DICTIONARIES: Record<Language, Dictionary> = { lo, en };
const KEY = "nang.language";
const listeners = new Set<() => void>();
const choiceListeners = new Set<() => void>();
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

/** The visitor chooses a language. */
export function chooseLanguage(language: Language): void {
  setLanguage(language);
  for (const listener of choiceListeners) {
    listener();
  }
}

/** Calls the listener when the visitor chooses a language, and not when the account's choice is taken over. */
export function onLanguageChosen(listener: () => void): void {
  choiceListeners.add(listener);
}

export function setLanguage(language: Language): void {
  current = language;
  document.documentElement.lang = language;
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // Storage is forbidden (private window): the choice is valid for this page only.
  }
  for (const listener of listeners) {
    listener();
  }
}

export function useLanguage(): { t: Dictionary; language: Language } {
  const language = useSyncExternalStore(subscribe, () => current);
  return { t: DICTIONARIES[language], language };
}

/** The language of the texts now, for code outside components. */
export function currentLanguage(): Language {
  return current;
}

/** The texts in the current language, for code outside components. */
export function texts(): Dictionary {
  return DICTIONARIES[current];
}

/** A film's title in the user's language, or else in any language that it has, with that language. */
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

/** A text in the user's language, or else in any language that it has; null if it is empty. */
export function textOf(
  texts: Readonly<Record<string, string>>,
  language: Language,
): { text: string; lang: string } | null {
  const found = titleOf(texts, language, "");
  return found.text === "" ? null : found;
}

/** The title in the other language, shown below the first; null if it is missing. */
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
  let saved: string | null = null;
  try {
    saved = localStorage.getItem(KEY);
  } catch {
    // Storage is forbidden (private window).
  }
  const language = saved === "lo" || saved === "en" ? saved : preferredLanguage(navigator.languages);
  document.documentElement.lang = language;
  return language;
}
