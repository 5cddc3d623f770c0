import type { FilmDetails } from "@nang/api-client";
import { CatalogueImage } from "../../catalogue/catalogue-image";
import { useLanguage } from "../../i18n/language";

/** The film's stills, in a row that scrolls sideways on phones. */
export function Stills({ film }: { film: FilmDetails }) {
  const { t } = useLanguage();
  const stills = film.images.filter(({ kind }) => kind === "still");
  return stills.length === 0 ? null : (
    <section className="mt-9">
      <h2 className="text-lg font-semibold">{t.filmPage.stills}</h2>
      <ul className="mt-3 flex snap-x gap-3 overflow-x-auto pb-2 sm:grid sm:grid-cols-3 sm:overflow-visible">
        {stills.map((still, index) => (
          <li key={still.id} className="w-[78vw] shrink-0 snap-start sm:w-auto">
            <CatalogueImage
              image={still}
              sizes="(min-width: 40rem) 22rem, 78vw"
              alt={t.filmPage.still(index + 1, stills.length)}
              className="aspect-video w-full rounded-xl object-cover"
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
