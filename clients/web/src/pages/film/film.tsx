/** `/films/<slug>`: one film. The player or the reason why it cannot play, then everything that is known about the film. */
import type { FilmDetails } from "@nang/api-client";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { FILM_PAGE } from "../../catalogue/first-screen";
import { filmQuery } from "../../catalogue/queries";
import { textOf, titleOf, useLanguage } from "../../i18n/language";
import { useTitle } from "../../lib/use-title";
import type { PlaybackSessionApi } from "../../player/playback-session-api";
import { useCanonicalSlug } from "../../site/canonical-slug";
import { InSteps } from "../../ui/in-steps";
import { Loading } from "../../ui/loading";
import { LoadFailure } from "../not-found";
import { Credits } from "./credits";
import { FilmHeading } from "./film-heading";
import { FilmScreen } from "./film-screen";
import { FilmTable } from "./film-table";
import { SimilarFilms } from "./similar-films";
import { Stills } from "./stills";

export default function FilmPage() {
  const { film: asked } = useParams({ from: "/films/$film" });
  const { data: film, error, isPending, refetch } = useQuery(filmQuery(asked));
  useCanonicalSlug({ asked, slug: film?.slug });
  if (isPending) {
    return <FilmSkeleton />;
  }
  return film ? <FilmArticle key={film.id} film={film} /> : <LoadFailure error={error} onRetry={refetch} />;
}

interface FilmArticleProps {
  film: FilmDetails;
  /** Only for the bearer of a preview link, who has nothing but this film. */
  previewApi?: PlaybackSessionApi;
}

export function FilmArticle({ film, previewApi }: FilmArticleProps) {
  const { t, language } = useLanguage();
  const title = titleOf(film.titles, language, t.films.untitled);
  useTitle(title.text);
  return (
    <>
      <article className={`min-h-dvh ${FILM_PAGE}`}>
        <FilmScreen film={film} title={title.text} previewApi={previewApi} />
        <div className="px-4 sm:px-0">
          <FilmHeading film={film} title={title} isPreview={previewApi !== undefined} />
          <InSteps>
            <About film={film} />
          </InSteps>
        </div>
      </article>
      <InSteps>{!previewApi && <SimilarFilms filmId={film.id} />}</InSteps>
    </>
  );
}

function About({ film }: { film: FilmDetails }) {
  const { t, language } = useLanguage();
  const synopsis = textOf(film.synopses, language);
  const awards = textOf(film.awards, language);
  return (
    <>
      <div className="mt-6 grid gap-x-12 gap-y-8 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="space-y-8">
          {synopsis && (
            <section>
              <h2 className="sr-only">{t.filmPage.synopsis}</h2>
              <p lang={synopsis.lang} className="max-w-prose text-lg whitespace-pre-line text-soft">
                {synopsis.text}
              </p>
            </section>
          )}
          {awards && (
            <section>
              <h2 className="text-lg font-semibold">{t.filmPage.awards}</h2>
              <p lang={awards.lang} className="mt-1 max-w-prose whitespace-pre-line text-soft">
                {awards.text}
              </p>
            </section>
          )}
          <Credits credits={film.credits} />
        </div>
        <FilmTable film={film} />
      </div>
      <Stills film={film} />
    </>
  );
}

export function FilmSkeleton() {
  const { t } = useLanguage();
  return (
    <Loading label={t.player.loading} className={FILM_PAGE}>
      <div className="skeleton frame-box w-full sm:rounded-2xl" />
      <div className="px-4 sm:px-0">
        <div className="skeleton mt-7 h-10 w-2/3 rounded-lg" />
        <div className="skeleton mt-3 h-6 w-1/3 rounded-lg" />
        <div className="skeleton mt-8 h-32 max-w-prose rounded-lg" />
      </div>
    </Loading>
  );
}
