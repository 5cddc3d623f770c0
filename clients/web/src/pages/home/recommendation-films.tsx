import type { RecommendationRow } from "@nang/api-client";
import { FilmCard } from "../../catalogue/film-card";
import { FilmRow, FilmRowItem } from "../../catalogue/film-row";
import { IMAGE_SIZES } from "../../catalogue/image-sizes";
import { RecommendationReason } from "../../catalogue/recommendation-reason";
import type { Dictionary } from "../../i18n/en";
import { type Language, titleOf, useLanguage } from "../../i18n/language";

export function RecommendationFilms({ row }: { row: RecommendationRow }) {
  const { t, language } = useLanguage();
  return (
    <FilmRow title={rowTitle(row, t, language)}>
      {row.items.map(({ film, reason }) => (
        <FilmRowItem key={film.id}>
          <FilmCard
            film={film}
            sizes={IMAGE_SIZES.row}
            facts={row.kind === "because_you_watched" && <RecommendationReason reason={reason} />}
          />
        </FilmRowItem>
      ))}
    </FilmRow>
  );
}

function rowTitle({ kind, film }: RecommendationRow, t: Dictionary, language: Language): string {
  switch (kind) {
    case "because_you_watched":
      return t.home.becauseYouWatched(titleOf(film?.titles ?? {}, language, t.films.untitled).text);
    case "popular":
      return t.home.popular;
    case "new":
      return t.home.new;
  }
}
