/** Why a film is recommended, in words. */
import type { RecommendedFilm } from "@nang/api-client";
import { titleOf, useLanguage } from "../i18n/language";

export function RecommendationReason({ reason: { kind, label } }: { reason: RecommendedFilm["reason"] }) {
  const { t, language } = useLanguage();
  const text = t.filmPage.reasons[kind];
  return <>{typeof text === "string" ? text : text(titleOf(label ?? {}, language, "").text)}</>;
}
