/** `/people/<slug>`: a person, and their films by role. */
import type { CreditRole, PersonDetails } from "@nang/api-client";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { CatalogueImage } from "../catalogue/catalogue-image";
import { FilmCard, FilmFacts } from "../catalogue/film-card";
import { FilmGridSkeleton } from "../catalogue/film-grid";
import { GRID } from "../catalogue/first-screen";
import { IMAGE_SIZES } from "../catalogue/image-sizes";
import { personQuery } from "../catalogue/queries";
import { TwoNames } from "../catalogue/two-names";
import { textOf, titleOf, useLanguage } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { useCanonicalSlug } from "../site/canonical-slug";
import { PersonIcon } from "../ui/icons";
import { Loading } from "../ui/loading";
import { LoadFailure } from "./not-found";

export default function PersonPage() {
  const { t } = useLanguage();
  const { person: asked } = useParams({ from: "/people/$person" });
  const { data: person, error, isPending, refetch } = useQuery(personQuery(asked));
  useCanonicalSlug({ asked, slug: person?.slug });
  if (isPending) {
    return (
      <Loading label={t.player.loading} className="page-width">
        <div className="skeleton mt-4 mb-8 h-32 max-w-xl rounded-2xl" />
        <FilmGridSkeleton count={6} />
      </Loading>
    );
  }
  return person ? <PersonArticle person={person} /> : <LoadFailure error={error} onRetry={refetch} />;
}

function PersonArticle({ person }: { person: PersonDetails }) {
  const { t, language } = useLanguage();
  const name = titleOf(person.names, language, person.slug);
  const biography = textOf(person.biographies, language);
  const roles = [...new Set(person.filmography.map(({ role }) => role))];
  useTitle(name.text);
  return (
    <article className="page-width">
      <header className="mt-2 flex flex-wrap items-center gap-x-6 gap-y-4 sm:mt-4">
        <span className="grid size-28 shrink-0 place-items-center overflow-hidden rounded-full bg-raised text-muted sm:size-36">
          {person.portrait ? (
            <CatalogueImage
              image={person.portrait}
              sizes="9rem"
              isUrgent
              className="size-full object-cover"
            />
          ) : (
            <PersonIcon className="size-14" />
          )}
        </span>
        <div className="min-w-0 flex-1 basis-60">
          <TwoNames
            names={person.names}
            nameless={person.slug}
            heading="h1"
            headingClass="text-2xl font-bold break-words sm:text-4xl"
            secondClass="text-lg text-soft"
          />
          {biography && (
            <p lang={biography.lang} className="mt-2 max-w-prose whitespace-pre-line text-soft">
              {biography.text}
            </p>
          )}
        </div>
      </header>
      {roles.map((role) => (
        <Filmography
          key={role}
          role={role}
          entries={person.filmography.filter((entry) => entry.role === role)}
        />
      ))}
      {roles.length === 0 && <p className="mt-8 text-muted">{t.person.notFound}</p>}
    </article>
  );
}

interface FilmographyProps {
  role: CreditRole;
  entries: PersonDetails["filmography"];
}

function Filmography({ role, entries }: FilmographyProps) {
  const { t, language } = useLanguage();
  return (
    <section className="mt-8 sm:mt-10">
      <h2 className="mb-3 text-lg font-semibold sm:text-xl">{t.filmPage.roles[role]}</h2>
      <ul className={GRID}>
        {entries.map(({ film, credited_as }) => {
          const character = textOf(credited_as, language);
          return (
            <li key={`${film.id}-${character?.text}`}>
              <FilmCard
                film={film}
                sizes={IMAGE_SIZES.grid}
                facts={
                  character ? (
                    <span lang={character.lang}>
                      {role === "actor" ? t.person.as(character.text) : character.text}
                    </span>
                  ) : (
                    <FilmFacts film={film} />
                  )
                }
              />
            </li>
          );
        })}
      </ul>
    </section>
  );
}
