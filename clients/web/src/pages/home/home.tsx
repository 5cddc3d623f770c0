/** The first page: a featured film, films to continue, the editors' shelves, recommendations, the viewer's list. */
import { useQuery } from "@tanstack/react-query";
import { FilmRowSkeleton } from "../../catalogue/film-row";
import { recommendationsQuery, shelvesQuery } from "../../catalogue/queries";
import { useLanguage } from "../../i18n/language";
import { useTitle } from "../../lib/use-title";
import { useAccount } from "../../session";
import { ErrorNotice } from "../../ui/notice";
import { ContinueRow } from "./continue-row";
import { EmptyCatalogue } from "./empty-catalogue";
import { FeaturedFilm, FeaturedSkeleton } from "./featured-film";
import { MyListRow } from "./my-list-row";
import { RecommendationRows } from "./recommendation-rows";
import { ShelfRow } from "./shelf-row";

export function HomePage() {
  const { t } = useLanguage();
  useTitle(null);
  const account = useAccount();
  const shelves = useQuery(shelvesQuery);
  const recommendations = useQuery(recommendationsQuery);

  if (shelves.isPending || recommendations.isPending) {
    return <HomeSkeleton />;
  }
  if (shelves.isError || recommendations.isError) {
    const retry = () => {
      void shelves.refetch();
      void recommendations.refetch();
    };
    return <ErrorNotice error={shelves.error ?? recommendations.error} onRetry={retry} />;
  }
  const shown = shelves.data.items.filter(({ films }) => films.length > 0);
  const rows = recommendations.data.items;
  const featured = shown[0]?.films[0] ?? rows[0]?.items[0]?.film;
  if (!featured) {
    return <EmptyCatalogue />;
  }
  return (
    <>
      <h1 className="sr-only">{t.nav.home}</h1>
      <FeaturedFilm film={featured} />
      {account && <ContinueRow />}
      {shown.map((shelf) => (
        <ShelfRow key={shelf.id} shelf={shelf} />
      ))}
      <RecommendationRows rows={rows} />
      {account && <MyListRow />}
    </>
  );
}

function HomeSkeleton() {
  const { t } = useLanguage();
  return (
    <div aria-busy="true">
      <h1 className="sr-only">{t.nav.home}</h1>
      <p role="status" className="sr-only">
        {t.films.loading}
      </p>
      <FeaturedSkeleton />
      <FilmRowSkeleton />
      <FilmRowSkeleton />
    </div>
  );
}
