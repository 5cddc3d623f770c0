import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { genresQuery } from "../../catalogue/queries";
import { titleOf, useLanguage } from "../../i18n/language";

export function GenreLinks() {
  const { t, language } = useLanguage();
  const { data } = useQuery(genresQuery);
  return !data || data.items.length === 0 ? null : (
    <section className="mt-8">
      <h2 className="text-lg font-semibold">{t.search.genres}</h2>
      <ul className="mt-3 flex flex-wrap gap-2">
        {data.items.map(({ id, slug, names }) => {
          const name = titleOf(names, language, slug);
          return (
            <li key={id}>
              <Link
                to="/genres/$genre"
                params={{ genre: slug }}
                lang={name.lang}
                className="inline-flex min-h-11 items-center rounded-full border border-line bg-panel px-4 hover:bg-raised"
              >
                {name.text}
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
