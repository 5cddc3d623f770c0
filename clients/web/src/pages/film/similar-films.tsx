import { useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { FilmCard } from "../../catalogue/film-card";
import { FilmRow, FilmRowItem, FilmRowSkeleton } from "../../catalogue/film-row";
import { IMAGE_SIZES } from "../../catalogue/image-sizes";
import { similarQuery } from "../../catalogue/queries";
import { RecommendationReason } from "../../catalogue/recommendation-reason";
import { useLanguage } from "../../i18n/language";

/** Similar films with the reason. A failure is not worth a message here: the film itself is shown. */
export function SimilarFilms({ filmId }: { filmId: string }) {
  const { t } = useLanguage();
  const { data, isPending } = useQuery(similarQuery(filmId));
  // A row of films takes a slow phone a while, and the viewer does not wait for it: it is rendered in small steps.
  const shown = useDeferredValue(data);
  if (isPending || shown !== data) {
    return <FilmRowSkeleton />;
  }
  return !data || data.items.length === 0 ? null : (
    <FilmRow title={t.filmPage.similar}>
      {data.items.map(({ film, reason }) => (
        <FilmRowItem key={film.id}>
          <FilmCard film={film} sizes={IMAGE_SIZES.row} facts={<RecommendationReason reason={reason} />} />
        </FilmRowItem>
      ))}
    </FilmRow>
  );
}
