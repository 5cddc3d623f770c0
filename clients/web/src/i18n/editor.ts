/** The texts of the pages for editors: those of the site and their own, which only these pages load. */
import { catalogueEn } from "./catalogue-en";
import { catalogueLo } from "./catalogue-lo";
import { damageEn } from "./damage-en";
import { damageLo } from "./damage-lo";
import { dubEn } from "./dub-en";
import { dubLo } from "./dub-lo";
import { editorEn } from "./editor-en";
import { editorLo } from "./editor-lo";
import { type Dictionary, en } from "./en";
import { filmPageEn } from "./film-page-en";
import { filmPageLo } from "./film-page-lo";
import { currentLanguage, type Language, useLanguage } from "./language";
import { lo } from "./lo";
import { manageEn } from "./manage-en";
import { manageLo } from "./manage-lo";
import { usersEn } from "./users-en";
import { usersLo } from "./users-lo";

export const editorOnlyEn = {
  ...editorEn,
  ...filmPageEn,
  ...manageEn,
  catalogue: catalogueEn,
  damage: damageEn,
  dub: dubEn,
  users: usersEn,
};
export const editorOnlyLo: typeof editorOnlyEn = {
  ...editorLo,
  ...filmPageLo,
  ...manageLo,
  catalogue: catalogueLo,
  damage: damageLo,
  dub: dubLo,
  users: usersLo,
};

export type EditorDictionary = Dictionary & typeof editorOnlyEn;

export const EDITOR_TEXTS: Record<Language, EditorDictionary> = {
  en: { ...en, ...editorOnlyEn },
  lo: { ...lo, ...editorOnlyLo },
};

export function useEditorLanguage(): { t: EditorDictionary; language: Language } {
  const { language } = useLanguage();
  return { t: EDITOR_TEXTS[language], language };
}

/** The texts in the current language, for code outside components. */
export function editorTexts(): EditorDictionary {
  return EDITOR_TEXTS[currentLanguage()];
}
