import { expect, test } from "vitest";
import { EDITOR_TEXTS } from "../../i18n/editor";
import { isLanguageTag, languageName, languageOptions, OTHER_LANGUAGE, optionOf } from "./language-choice";

const { en, lo } = EDITOR_TEXTS;

test("Lao is first, then English, and no language is missing", () => {
  const tags = languageOptions(en).map(({ tag }) => tag);
  expect(tags.slice(0, 2)).toEqual(["lo", "en"]);
  expect(new Set(tags)).toEqual(new Set(Object.keys(en.languages)));
  expect(languageOptions(lo)[0]?.name).toBe("ລາວ");
});

test("a tag with a region or script is not the plain language", () => {
  expect(optionOf("lo", en)).toBe("lo");
  expect(optionOf("LO", en)).toBe("lo");
  expect(optionOf("zh-Hant", en)).toBe(OTHER_LANGUAGE);
  expect(optionOf("pt", en)).toBe(OTHER_LANGUAGE);
});

test("tags are checked only for their form", () => {
  for (const tag of ["lo", "kjg", "pt-BR", "zh-Hant-TW", "de-1996", "en-x-a"]) {
    expect(isLanguageTag(tag), tag).toBe(true);
  }
  for (const text of ["", "l", "laos", "lo lo", "lo-", "ລາວ", `lo${"-abcdefgh".repeat(5)}`]) {
    expect(isLanguageTag(text), text).toBe(false);
  }
});

test("a language is named in the language of the page", () => {
  expect(languageName("lo", en, "en")).toBe("Lao");
  expect(languageName("lo", lo, "lo")).toBe("ລາວ");
  expect(languageName("zh-Hant", en, "en")).toBe("Chinese (zh-Hant)");
  expect(languageName("pt-BR", en, "en")).toBe("Portuguese (pt-BR)");
  expect(languageName(null, en, "en")).toBeNull();
  expect(languageName("und", en, "en")).toBeNull();
});
