/** Dark or light. The visitor's choice is saved; without one the page follows the system's setting. */
import { useSyncExternalStore } from "react";
import { storageOrNull } from "./storage";

export type ThemeChoice = "dark" | "light" | "system";

const KEY = "nang.theme";
const THEME_COLOURS = { dark: "#0c0a09", light: "#fbf7f0" };
const prefersLight = globalThis.matchMedia?.("(prefers-color-scheme: light)");
const listeners = new Set<() => void>();
let choice: ThemeChoice = savedChoice();

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, () => choice);
}

export function setThemeChoice(next: ThemeChoice): void {
  choice = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Storage is forbidden (private window): the choice is valid for this page only.
  }
  apply();
  for (const listener of listeners) {
    listener();
  }
}

/** Shows the theme, and follows the system's setting while the visitor has made no choice. */
export function startTheme(): void {
  apply();
  prefersLight?.addEventListener("change", apply);
}

function apply(): void {
  const theme = choice === "system" ? (prefersLight?.matches ? "light" : "dark") : choice;
  document.documentElement.dataset.theme = theme;
  document.querySelector("meta[name=theme-color]")?.setAttribute("content", THEME_COLOURS[theme]);
}

function savedChoice(): ThemeChoice {
  const saved = storageOrNull("localStorage")?.getItem(KEY);
  return saved === "dark" || saved === "light" ? saved : "system";
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
