/** What the name of a subtitle file says: the film, and the language after it (`Film Title.lo.srt`). */

const SUBTITLE_NAME = /\.(srt|vtt|ass|ssa)$/i;

/** ISO 639 codes in names of files -> the tag of a track. */
const LANGUAGES: Readonly<Record<string, string>> = {
  lo: "lo",
  lao: "lo",
  en: "en",
  eng: "en",
  th: "th",
  tha: "th",
  vi: "vi",
  vie: "vi",
  zh: "zh",
  zho: "zh",
  chi: "zh",
  km: "km",
  khm: "km",
  my: "my",
  mya: "my",
  bur: "my",
  ja: "ja",
  jpn: "ja",
  ko: "ko",
  kor: "ko",
  fr: "fr",
  fra: "fr",
  fre: "fr",
  de: "de",
  deu: "de",
  ger: "de",
  es: "es",
  spa: "es",
  ru: "ru",
  rus: "ru",
  hmn: "hmn",
  kjg: "kjg",
};

/** What names have after the language and what is no part of it. */
const KINDS = /[\s._-]+\(?(forced|full|sdh|cc|hi|subs?|subtitles?)\)?$/i;

export function isSubtitleName(name: string): boolean {
  return SUBTITLE_NAME.test(name);
}

export interface SubtitleName {
  /** The name without its language and its ending. */
  film: string;
  /** BCP 47; null if the name has none that is known. */
  language: string | null;
}

export function subtitleName(name: string): SubtitleName {
  let film = name.replace(SUBTITLE_NAME, "");
  while (KINDS.test(film)) {
    film = film.replace(KINDS, "");
  }
  const [, before, code = ""] = /^(.+?)[\s._-]+\(?(\p{L}{2,3})\)?$/u.exec(film) ?? [];
  const known = code.toLowerCase();
  return before !== undefined && Object.hasOwn(LANGUAGES, known)
    ? { film: before, language: LANGUAGES[known] ?? null }
    : { film, language: null };
}
