/** Names of languages and countries in the viewer's language. */
import { LAO_COUNTRIES } from "./countries-lo";
import type { Dictionary } from "./en";
import type { Language } from "./language";

/** Browsers often lack Lao names of languages, so the texts contain the common ones. Null if the language is not known. */
export function languageName(tag: string | null, t: Dictionary, shownIn: Language): string | null {
  if (!tag || tag === "und") {
    return null;
  }
  const base = tag.toLowerCase().split("-")[0] ?? "";
  return Object.hasOwn(t.languages, base)
    ? t.languages[base as keyof Dictionary["languages"]]
    : browserName("language", tag, shownIn);
}

/** `code`: ISO 3166-1 alpha-2. */
export function countryName(code: string, t: Dictionary, shownIn: Language): string {
  if (Object.hasOwn(t.countries, code)) {
    return t.countries[code as keyof Dictionary["countries"]];
  }
  const lao = shownIn === "lo" && Object.hasOwn(LAO_COUNTRIES, code) ? LAO_COUNTRIES[code] : undefined;
  return lao ?? browserName("region", code, "en") ?? code;
}

function browserName(type: "language" | "region", code: string, shownIn: Language): string | null {
  try {
    return new Intl.DisplayNames([shownIn], { type, fallback: "none" }).of(code) ?? null;
  } catch {
    return null;
  }
}
