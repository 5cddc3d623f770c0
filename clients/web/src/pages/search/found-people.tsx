/** The people whose name matches. */
import type { FoundPerson } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import { CatalogueImage } from "../../catalogue/catalogue-image";
import { titleOf, useLanguage } from "../../i18n/language";
import { PersonIcon } from "../../ui/icons";
import { Marked } from "./marked";

export function FoundPeople({ people, text }: { people: readonly FoundPerson[]; text: string }) {
  const { t, language } = useLanguage();
  return people.length === 0 ? null : (
    <section className="mt-7">
      <h2 className="text-lg font-semibold">{t.search.people}</h2>
      <ul className="mt-3 flex flex-wrap gap-2">
        {people.map(({ id, slug, names, portrait }) => {
          const name = titleOf(names, language, slug);
          return (
            <li key={id}>
              <Link
                to="/people/$person"
                params={{ person: slug }}
                className="inline-flex min-h-12 items-center gap-2 rounded-full border border-line bg-panel py-1 pr-4 pl-1.5 hover:bg-raised"
              >
                <span className="grid size-9 place-items-center overflow-hidden rounded-full bg-raised text-muted">
                  {portrait ? (
                    <CatalogueImage image={portrait} sizes="2.25rem" className="size-full object-cover" />
                  ) : (
                    <PersonIcon className="size-5" />
                  )}
                </span>
                <span lang={name.lang}>
                  <Marked text={name.text} searched={text} />
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
