/** The cast with portraits, and the crew by role. Each name leads to the person's page. */
import type { Credit, CreditRole } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import { CatalogueImage } from "../../catalogue/catalogue-image";
import { textOf, titleOf, useLanguage } from "../../i18n/language";
import { PersonIcon } from "../../ui/icons";

export function Credits({ credits }: { credits: readonly Credit[] }) {
  const { t } = useLanguage();
  const cast = credits.filter(({ role }) => role === "actor");
  const crew = credits.filter(({ role }) => role !== "actor");
  const roles = [...new Set(crew.map(({ role }) => role))];
  return (
    <>
      {crew.length > 0 && (
        <section>
          <h2 className="text-lg font-semibold">{t.filmPage.crew}</h2>
          <dl className="mt-2 grid grid-cols-2 gap-x-4 gap-y-3 sm:gap-x-8">
            {roles.map((role) => (
              <CrewRole key={role} role={role} credits={crew.filter((credit) => credit.role === role)} />
            ))}
          </dl>
        </section>
      )}
      {cast.length > 0 && (
        <section>
          <h2 className="text-lg font-semibold">{t.filmPage.cast}</h2>
          <ul className="mt-2 grid gap-2 sm:grid-cols-2">
            {cast.map((credit) => (
              <CastMember key={`${credit.person.id}-${JSON.stringify(credit.credited_as)}`} credit={credit} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function CrewRole({ role, credits }: { role: CreditRole; credits: readonly Credit[] }) {
  const { t, language } = useLanguage();
  return (
    <div>
      <dt className="text-sm text-muted">{t.filmPage.roles[role]}</dt>
      {credits.map(({ person, credited_as }) => {
        const name = titleOf(person.names, language, person.slug);
        const job = textOf(credited_as, language);
        return (
          <dd key={`${person.id}-${job?.text}`}>
            <Link
              to="/people/$person"
              params={{ person: person.slug }}
              lang={name.lang}
              className="inline-block py-1 underline-offset-4 hover:text-accent-strong hover:underline"
            >
              {name.text}
            </Link>
            {job && (
              <span lang={job.lang} className="text-sm text-muted">
                {" "}
                · {job.text}
              </span>
            )}
          </dd>
        );
      })}
    </div>
  );
}

function CastMember({ credit: { person, portrait, credited_as } }: { credit: Credit }) {
  const { t, language } = useLanguage();
  const name = titleOf(person.names, language, person.slug);
  const character = textOf(credited_as, language);
  return (
    <li>
      <Link
        to="/people/$person"
        params={{ person: person.slug }}
        className="group flex items-center gap-3 rounded-xl p-1.5 hover:bg-panel"
      >
        <span className="grid size-14 shrink-0 place-items-center overflow-hidden rounded-full bg-raised text-muted">
          {portrait ? (
            <CatalogueImage image={portrait} sizes="3.5rem" className="size-full object-cover" />
          ) : (
            <PersonIcon />
          )}
        </span>
        <span className="min-w-0">
          <span lang={name.lang} className="block font-semibold group-hover:text-accent-strong">
            {name.text}
          </span>
          {character && (
            <span lang={character.lang} className="block text-sm text-muted">
              {t.person.as(character.text)}
            </span>
          )}
        </span>
      </Link>
    </li>
  );
}
