/** The filters of the list of films: beside each other on wide screens, folded on phones. The order is always in reach. */
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
import { genresQuery } from "../../catalogue/queries";
import { titleOf, useLanguage } from "../../i18n/language";
import { buttonClass } from "../../ui/button";
import { CheckField } from "../../ui/check-field";
import { FilterIcon } from "../../ui/icons";
import { SelectField } from "../../ui/select-field";
import { decadeText } from "./filter-texts";

/** The languages in which films of Laos are shown most; a link with another one works too. */
const AUDIO_LANGUAGES = ["lo", "th", "en", "fr", "vi", "hmn", "kjg"] as const;
const SUBTITLE_LANGUAGES = ["lo", "en", "th", "fr", "vi", "zh"] as const;

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
  const languages = (tags: readonly (keyof typeof t.languages)[]) => [
    { value: "", label: t.browse.anyLanguage },
    ...tags.map((tag) => ({ value: tag, label: t.languages[tag] })),
  ];
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
          label={t.browse.audio}
          value={search.audio ?? ""}
          onChange={(event) => set({ audio: event.currentTarget.value })}
          options={languages(AUDIO_LANGUAGES)}
        />
        <SelectField
          label={t.browse.subtitle}
          value={search.subtitle ?? ""}
          onChange={(event) => set({ subtitle: event.currentTarget.value })}
          options={languages(SUBTITLE_LANGUAGES)}
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

/** From the present decade back to all years before the first one. */
function decades(thisYear: number): number[] {
  const found = [];
  for (let decade = thisYear - (thisYear % 10); decade >= FIRST_DECADE; decade -= 10) {
    found.push(decade);
  }
  return [...found, BEFORE_DECADES];
}
