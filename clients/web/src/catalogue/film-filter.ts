/** The filters of the list of films: the words of the address on one side, the parameters of the API on the other. */
import { oneOf, text, wholeNumber } from "../lib/search-parameters";

export const SORTS = ["newest", "title", "year", "runtime", "oldest"] as const;
export type Sort = (typeof SORTS)[number];

export const LENGTHS = ["short", "medium", "long"] as const;
export type Length = (typeof LENGTHS)[number];

/** `/films?genre=drama&decade=1990&…`. Fields without a value are absent, so that an address has no empty words. */
export interface BrowseSearch {
  genre?: string;
  /** First year of the decade; {@link BEFORE_DECADES} for all years before the first one. */
  decade?: number;
  country?: string;
  audio?: string;
  subtitle?: string;
  length?: Length;
  available?: "now";
  person?: string;
  sort?: Sort;
}

export const FIRST_DECADE = 1960;
/** Stands for all years before {@link FIRST_DECADE}. */
export const BEFORE_DECADES = 0;

/** Reads an address. Words that it does not know, and impossible values, count as absent. */
export function readBrowseSearch(search: Record<string, unknown>): BrowseSearch {
  const decade = wholeNumber(search.decade);
  return present({
    genre: text(search.genre),
    decade:
      decade === undefined ? undefined : decade < FIRST_DECADE ? BEFORE_DECADES : decade - (decade % 10),
    country: text(search.country)?.toUpperCase(),
    audio: text(search.audio),
    subtitle: text(search.subtitle),
    length: oneOf(LENGTHS, search.length),
    available: oneOf(["now"] as const, search.available),
    person: text(search.person),
    sort: oneOf(SORTS, search.sort),
  });
}

/** Number of filters that are set; the order of the list does not count. */
export function countFilters({ sort: _sort, ...filters }: BrowseSearch): number {
  return Object.keys(filters).length;
}

/** The query parameters of `GET /api/films`. */
export interface FilmFilter {
  sort?: "newest" | "oldest" | "year" | "title_lo" | "title_en" | "runtime";
  genre?: string;
  person?: string;
  country?: string;
  audio?: string;
  subtitle?: string;
  year_from?: number;
  year_to?: number;
  runtime_min_ms?: number;
  runtime_max_ms?: number;
  availability?: "now";
}

const MINUTE_MS = 60_000;
const LENGTHS_MS: Record<Length, { runtime_min_ms?: number; runtime_max_ms?: number }> = {
  short: { runtime_max_ms: 30 * MINUTE_MS },
  medium: { runtime_min_ms: 30 * MINUTE_MS, runtime_max_ms: 90 * MINUTE_MS },
  long: { runtime_min_ms: 90 * MINUTE_MS },
};

export function filmFilter(search: BrowseSearch, language: "lo" | "en"): FilmFilter {
  const { decade, length, available, sort, ...rest } = search;
  return present({
    ...rest,
    ...(decade !== undefined && yearsOf(decade)),
    ...(length && LENGTHS_MS[length]),
    availability: available,
    sort: sort === "title" ? (`title_${language}` as const) : sort,
  });
}

function yearsOf(decade: number): { year_from?: number; year_to: number } {
  return decade === BEFORE_DECADES
    ? { year_to: FIRST_DECADE - 1 }
    : { year_from: decade, year_to: decade + 9 };
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
