/** The filters that are set, each a button that removes it. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type BrowseSearch, countFilters } from "../../catalogue/film-filter";
import { genresQuery, personQuery } from "../../catalogue/queries";
import { titleOf, useLanguage } from "../../i18n/language";
import { countryName, languageName } from "../../i18n/names";
import { CloseIcon } from "../../ui/icons";
import { decadeText } from "./filter-texts";

export function ActiveFilters({ search }: { search: BrowseSearch }) {
  const { t } = useLanguage();
  const texts = useFilterTexts(search);
  if (countFilters(search) === 0) {
    return null;
  }
  return (
    <div className="mt-4 flex flex-wrap items-center gap-2">
      {texts.map(({ name, text }) => (
        <Link
          key={name}
          to="/films"
          search={without(search, name)}
          replace
          resetScroll={false}
          aria-label={t.browse.remove(text)}
          className="inline-flex min-h-11 items-center gap-2 rounded-full border border-line bg-panel px-4 text-sm hover:bg-raised"
        >
          {text}
          <CloseIcon className="size-4" />
        </Link>
      ))}
      <Link
        to="/films"
        search={search.sort ? { sort: search.sort } : {}}
        replace
        resetScroll={false}
        className="inline-flex min-h-11 items-center px-2 text-sm text-accent underline-offset-4 hover:underline"
      >
        {t.browse.clear}
      </Link>
    </div>
  );
}

function without(search: BrowseSearch, name: keyof BrowseSearch): BrowseSearch {
  const { [name]: _removed, ...rest } = search;
  return rest;
}

function useFilterTexts(search: BrowseSearch): { name: keyof BrowseSearch; text: string }[] {
  const { t, language } = useLanguage();
  const { data: genres } = useQuery(genresQuery);
  const { data: person } = useQuery({
    ...personQuery(search.person ?? ""),
    enabled: search.person !== undefined,
  });
  const genre = genres?.items.find(({ slug, id }) => slug === search.genre || id === search.genre);
  const inLanguage = (label: string, tag: string) => `${label}: ${languageName(tag, t, language) ?? tag}`;
  const texts: { [K in keyof BrowseSearch]?: string | undefined } = {
    genre: search.genre && (genre ? titleOf(genre.names, language, search.genre).text : search.genre),
    decade: search.decade === undefined ? undefined : decadeText(search.decade, t),
    country: search.country && countryName(search.country, t, language),
    audio: search.audio && inLanguage(t.browse.audio, search.audio),
    subtitle: search.subtitle && inLanguage(t.browse.subtitle, search.subtitle),
    length: search.length && t.browse.lengths[search.length],
    available: search.available && t.browse.available,
    person: search.person && (person ? titleOf(person.names, language, "").text : t.browse.person),
  };
  return Object.entries(texts).flatMap(([name, text]) =>
    text ? [{ name: name as keyof BrowseSearch, text }] : [],
  );
}
