/** The first page: a featured film, films to continue, the editors' categories, recommendations, the viewer's list. */
import { useQuery } from "@tanstack/react-query";
import { FilmRowSkeleton, ROW_HEIGHT } from "../../catalogue/film-row";
import { categoriesQuery, recommendationsQuery } from "../../catalogue/queries";
import { useLanguage } from "../../i18n/language";
import { useTitle } from "../../lib/use-title";
import { useAccount } from "../../session";
import { InSteps } from "../../ui/in-steps";
import { Loading } from "../../ui/loading";
import { ErrorNotice } from "../../ui/notice";
import { CategoryRow } from "./category-row";
import { ContinueRow } from "./continue-row";
import { EmptyCatalogue } from "./empty-catalogue";
import { FeaturedFilm, FeaturedSkeleton } from "./featured-film";
import { MyListRow } from "./my-list-row";
import { RecommendationFilms } from "./recommendation-films";

export function HomePage() {
  const { t } = useLanguage();
  useTitle(null);
  const account = useAccount();
  const categories = useQuery(categoriesQuery);
  const recommendations = useQuery(recommendationsQuery);

  if (categories.isPending || recommendations.isPending) {
    return <HomeSkeleton />;
  }
  if (categories.isError || recommendations.isError) {
    const retry = () => {
      void categories.refetch();
      void recommendations.refetch();
    };
    return <ErrorNotice error={categories.error ?? recommendations.error} onRetry={retry} />;
  }
  const shown = categories.data.items.filter(({ films }) => films.length > 0);
  const rows = recommendations.data.items;
  const featured = shown[0]?.films[0] ?? rows[0]?.items[0]?.film;
  if (!featured) {
    return <EmptyCatalogue />;
  }
  return (
    <>
      <h1 className="sr-only">{t.nav.home}</h1>
      <FeaturedFilm film={featured} />
      <InSteps size={2} placeholder={<div className={ROW_HEIGHT} />}>
        {account && <ContinueRow />}
        {shown.map((category) => (
          <CategoryRow key={category.id} category={category} />
        ))}
        {rows.map((row) => (
          <RecommendationFilms key={`${row.kind}-${row.film?.id}`} row={row} />
        ))}
        {account && <MyListRow />}
      </InSteps>
    </>
  );
}

function HomeSkeleton() {
  const { t } = useLanguage();
  return (
    <Loading label={t.films.loading}>
      <h1 className="sr-only">{t.nav.home}</h1>
      <FeaturedSkeleton />
      <FilmRowSkeleton />
      <FilmRowSkeleton />
    </Loading>
  );
}
