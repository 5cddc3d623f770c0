/** The fields of the details form: their labels and controls, written once for the form, its problems and its conflicts. */
import type { EditorDictionary } from "../../i18n/editor";
import type { DetailsField } from "./details-draft";

type TextField = Exclude<DetailsField, "genres" | "countries" | "languages" | "profile">;

export interface FieldShape {
  name: TextField;
  lang?: "lo" | "en";
  isLong?: boolean;
  maxLength: number;
  inputMode?: "numeric";
}

/** Lao and English side by side. */
export const PAIRS: readonly [FieldShape, FieldShape][] = [
  [
    { name: "titleLo", lang: "lo", maxLength: 200 },
    { name: "titleEn", lang: "en", maxLength: 200 },
  ],
  [
    { name: "synopsisLo", lang: "lo", isLong: true, maxLength: 5000 },
    { name: "synopsisEn", lang: "en", isLong: true, maxLength: 5000 },
  ],
  [
    { name: "awardsLo", lang: "lo", isLong: true, maxLength: 5000 },
    { name: "awardsEn", lang: "en", isLong: true, maxLength: 5000 },
  ],
];

export const FACTS: readonly FieldShape[] = [
  { name: "originalTitle", maxLength: 200 },
  { name: "slug", maxLength: 100 },
  { name: "year", maxLength: 4, inputMode: "numeric" },
  { name: "runtimeMinutes", maxLength: 4, inputMode: "numeric" },
  { name: "ageRating", maxLength: 20 },
  { name: "creditsAt", maxLength: 12 },
];

export function fieldLabel(field: DetailsField, t: EditorDictionary): string {
  return t.details.labels[field];
}

export function fieldHint(field: DetailsField, t: EditorDictionary): string | undefined {
  return (t.details.hints as Partial<Record<DetailsField, string>>)[field];
}
