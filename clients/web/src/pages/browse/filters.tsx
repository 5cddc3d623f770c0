/** The filters of the list of films: beside each other on wide screens, folded on phones. The order is always in reach. */
import type { Facets } from "@nang/api-client";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import {
  BEFORE_DECADES,
  type BrowseSearch,
  countFilters,
  FIRST_DECADE,
  LENGTHS,
  readBrowseSearch,
  SORTS,
} from "../../catalogue/film-filter";
import { facetsQuery, genresQuery } from "../../catalogue/queries";
import { titleOf, useLanguage } from "../../i18n/language";
import { countryName, languageName } from "../../i18n/names";
import { buttonClass } from "../../ui/button";
import { CheckField } from "../../ui/check-field";
import { FilterIcon } from "../../ui/icons";
import { SelectField } from "../../ui/select-field";
import { decadeText } from "./filter-texts";

export function Filters({ search }: { search: BrowseSearch }) {
  const { t, language } = useLanguage();
  const navigate = useNavigate();
  const [isOpen, setOpen] = useState(false);
  const { data: genres } = useQuery(genresQuery);
  const active = countFilters(search);
  const set = (change: Record<keyof BrowseSearch, string> | Partial<Record<keyof BrowseSearch, string>>) =>
    navigate({
      to: "/films",
      search: (before) => readBrowseSearch({ ...before, ...change }),
      replace: true,
      resetScroll: false,
    });
  const { data: facets } = useQuery(facetsQuery);
  const languages = (name: "audio" | "subtitle") =>
    withAny(
      t.browse.anyLanguage,
      facets?.[`${name}_languages`],
      search[name],
      (tag) => languageName(tag, t, language) ?? tag,
    );
  return (
    <div className="flex flex-wrap items-end gap-3">
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls="filters"
        onClick={() => setOpen(!isOpen)}
        className={buttonClass("secondary", "min-h-12! px-4! md:hidden")}
      >
        <FilterIcon className="size-5" />
        {active > 0 ? t.browse.filtersActive(active) : t.browse.filters}
      </button>
      <fieldset
        id="filters"
        className={`w-full grid-cols-1 gap-3 xs:grid-cols-2 md:order-first md:flex md:w-auto md:flex-1 md:flex-wrap md:items-end ${isOpen ? "grid" : "hidden"}`}
      >
        <legend className="sr-only">{t.browse.filters}</legend>
        <SelectField
          label={t.browse.genre}
          value={search.genre ?? ""}
          onChange={(event) => set({ genre: event.currentTarget.value })}
          options={[
            { value: "", label: t.browse.allGenres },
            ...(genres?.items ?? []).map(({ slug, names }) => ({
              value: slug,
              label: titleOf(names, language, slug).text,
            })),
          ]}
        />
        <SelectField
          label={t.browse.decade}
          value={search.decade === undefined ? "" : String(search.decade)}
          onChange={(event) => set({ decade: event.currentTarget.value })}
          options={[
            { value: "", label: t.browse.anyYear },
            ...decades(new Date().getFullYear()).map((decade) => ({
              value: String(decade),
              label: decadeText(decade, t),
            })),
          ]}
        />
        <SelectField
          label={t.browse.country}
          value={search.country ?? ""}
          onChange={(event) => set({ country: event.currentTarget.value })}
          options={withAny(t.browse.anyCountry, facets?.countries, search.country, (code) =>
            countryName(code, t, language),
          )}
        />
        <SelectField
          label={t.browse.audio}
          value={search.audio ?? ""}
          onChange={(event) => set({ audio: event.currentTarget.value })}
          options={languages("audio")}
        />
        <SelectField
          label={t.browse.subtitle}
          value={search.subtitle ?? ""}
          onChange={(event) => set({ subtitle: event.currentTarget.value })}
          options={languages("subtitle")}
        />
        <SelectField
          label={t.browse.length}
          value={search.length ?? ""}
          onChange={(event) => set({ length: event.currentTarget.value })}
          options={[
            { value: "", label: t.browse.anyLength },
            ...LENGTHS.map((length) => ({ value: length, label: t.browse.lengths[length] })),
          ]}
        />
        <CheckField
          label={t.browse.available}
          checked={search.available === "now"}
          onChange={(checked) => set({ available: checked ? "now" : "" })}
        />
      </fieldset>
      <SelectField
        className="min-w-0 flex-1 md:flex-none"
        label={t.browse.sort}
        value={search.sort ?? "newest"}
        onChange={({ currentTarget: { value } }) => set({ sort: value === "newest" ? "" : value })}
        options={SORTS.map((sort) => ({ value: sort, label: t.browse.sorts[sort] }))}
      />
    </div>
  );
}

/** The values that films have, the most frequent first. A value in the address that no film has can still be seen and changed. */
function withAny(
  any: string,
  facets: Facets["countries"] | undefined,
  chosen: string | undefined,
  nameOf: (value: string) => string,
) {
  const values = (facets ?? []).map(({ value }) => value);
  const others = chosen !== undefined && !values.includes(chosen) ? [chosen] : [];
  return [
    { value: "", label: any },
    ...[...others, ...values].map((value) => ({ value, label: nameOf(value) })),
  ];
}

/** From the present decade back to all years before the first one. */
function decades(thisYear: number): number[] {
  const found = [];
  for (let decade = thisYear - (thisYear % 10); decade >= FIRST_DECADE; decade -= 10) {
    found.push(decade);
  }
  return [...found, BEFORE_DECADES];
}
