/** The people whose name begins with the searched text. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { suggestionsQuery } from "../../catalogue/queries";
import { useLanguage } from "../../i18n/language";
import { langOf } from "../../i18n/script";
import { PersonIcon } from "../../ui/icons";

export function FoundPeople({ text }: { text: string }) {
  const { t } = useLanguage();
  const { data } = useQuery({ ...suggestionsQuery(text), retry: false });
  const people = data?.items.filter(({ kind }) => kind === "person") ?? [];
  return people.length === 0 ? null : (
    <section className="mt-7">
      <h2 className="text-lg font-semibold">{t.search.people}</h2>
      <ul className="mt-3 flex flex-wrap gap-2">
        {people.map(({ id, text: name }) => (
          <li key={id}>
            <Link
              to="/people/$person"
              params={{ person: id }}
              className="inline-flex min-h-11 items-center gap-2 rounded-full border border-line bg-panel px-4 hover:bg-raised"
            >
              <PersonIcon className="size-5 text-muted" />
              <span lang={langOf(name)}>{name}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
