/** The languages that a track can have: those with a name in the page's texts, or any BCP 47 tag. */
import type { EditorDictionary } from "../../i18n/editor";

export const OTHER_LANGUAGE = "other";

export interface LanguageOption {
  tag: string;
  name: string;
}

/** Lao first, then English, then the others as the texts list them. */
export function languageOptions(t: EditorDictionary): LanguageOption[] {
  const { lo, en, ...others } = t.languages;
  return Object.entries({ lo, en, ...others }).map(([tag, name]) => ({ tag, name }));
}

/** The option for a track's tag; `other` if the list does not have exactly this tag. */
export function optionOf(tag: string, t: EditorDictionary): string {
  const lower = tag.toLowerCase();
  return Object.keys(t.languages).find((known) => known === lower) ?? OTHER_LANGUAGE;
}

/** Whether the text looks like a BCP 47 tag. The server knows which languages exist. */
export function isLanguageTag(text: string): boolean {
  return text.length <= 35 && /^[a-z]{2,3}([-_][a-z0-9]{1,8})*$/i.test(text);
}

/** `Lao`, `Portuguese (pt-BR)`. Browsers often lack Lao names of languages, so the texts contain the common ones. */
export function languageName(tag: string | null, t: EditorDictionary, shownIn: string): string | null {
  if (!tag || tag === "und") {
    return null;
  }
  const primary = tag.toLowerCase().split(/[-_]/)[0] ?? tag;
  const known = Object.entries(t.languages).find(([listed]) => listed === primary)?.[1];
  const name = known ?? browserName(primary, shownIn) ?? browserName(primary, "en") ?? primary;
  const isWhole = primary === tag.toLowerCase();
  return isWhole ? name : `${name} (${tag})`;
}

function browserName(tag: string, shownIn: string): string | undefined {
  try {
    return new Intl.DisplayNames([shownIn], { type: "language", fallback: "none" }).of(tag);
  } catch {
    return undefined;
  }
}
