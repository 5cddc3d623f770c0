/** Countries in a sentence. A contract for most of the world would not fit on a phone, so the last ones are only counted. */
import type { Dictionary } from "../../i18n/en";
import type { Language } from "../../i18n/language";
import { countryName } from "../../i18n/names";

const MOST = 10;

export function countryList(codes: readonly string[], t: Dictionary, language: Language): string {
  const shown = codes.length > MOST + 1 ? codes.slice(0, MOST) : codes;
  const names = shown.map((code) => countryName(code, t, language)).join(", ");
  return shown.length === codes.length
    ? names
    : `${names} ${t.filmPage.moreCountries(codes.length - shown.length)}`;
}
