/** The descriptive fields of a film as a form has them, and the changes that they become. */
import type { AdminFilm } from "@nang/api-client";
import { clockTime } from "../../lib/format";
import { parseCueTime } from "../cues/cue-time";
import type { FilmChange } from "./open-film";

export interface DetailsDraft {
  titleLo: string;
  titleEn: string;
  originalTitle: string;
  slug: string;
  synopsisLo: string;
  synopsisEn: string;
  awardsLo: string;
  awardsEn: string;
  year: string;
  runtimeMinutes: string;
  ageRating: string;
  genres: string[];
  countries: string[];
  languages: string[];
  /** `1:42:30`; empty if not set. */
  creditsAt: string;
  profile: string;
}

export type DetailsField = keyof DetailsDraft;

/** The names under which the server objects to a field. */
export const SERVER_FIELDS: Record<DetailsField, string> = {
  titleLo: "titles.lo",
  titleEn: "titles.en",
  originalTitle: "original_title",
  slug: "slug",
  synopsisLo: "synopses.lo",
  synopsisEn: "synopses.en",
  awardsLo: "awards.lo",
  awardsEn: "awards.en",
  year: "year",
  runtimeMinutes: "runtime_ms",
  ageRating: "age_rating",
  genres: "genres",
  countries: "countries",
  languages: "languages",
  creditsAt: "credits_ms",
  profile: "profile",
};

export function detailsOf(film: AdminFilm): DetailsDraft {
  return {
    titleLo: film.titles.lo ?? "",
    titleEn: film.titles.en ?? "",
    originalTitle: film.original_title ?? "",
    slug: film.slug,
    synopsisLo: film.synopses.lo ?? "",
    synopsisEn: film.synopses.en ?? "",
    awardsLo: film.awards.lo ?? "",
    awardsEn: film.awards.en ?? "",
    year: film.year === null ? "" : String(film.year),
    runtimeMinutes: film.runtime_ms === null ? "" : String(Math.round(film.runtime_ms / 60_000)),
    ageRating: film.age_rating ?? "",
    genres: film.genres.map(({ id }) => id),
    countries: film.countries,
    languages: film.languages,
    creditsAt: film.credits_ms === null ? "" : clockTime(film.credits_ms / 1000),
    profile: film.profile,
  };
}

/** Fields that the form can check before the server does. */
export function wrongFields(draft: DetailsDraft): DetailsField[] {
  const wrong: DetailsField[] = [];
  if (draft.titleLo.trim() === "" && draft.titleEn.trim() === "") {
    wrong.push("titleLo");
  }
  if (draft.year.trim() !== "" && !/^(18|19|20|21)\d\d$/.test(draft.year.trim())) {
    wrong.push("year");
  }
  if (draft.runtimeMinutes.trim() !== "" && !/^[1-9]\d{0,3}$/.test(draft.runtimeMinutes.trim())) {
    wrong.push("runtimeMinutes");
  }
  if (draft.creditsAt.trim() !== "" && parseCueTime(draft.creditsAt) === null) {
    wrong.push("creditsAt");
  }
  return wrong;
}

export function changeOf(
  fields: readonly DetailsField[],
  draft: DetailsDraft,
  film: Pick<AdminFilm, "titles" | "synopses" | "awards">,
): FilmChange {
  const has = (...names: DetailsField[]) => names.some((name) => fields.includes(name));
  return {
    ...(has("titleLo", "titleEn") && {
      titles: withTexts(film.titles, { lo: draft.titleLo, en: draft.titleEn }),
    }),
    ...(has("synopsisLo", "synopsisEn") && {
      synopses: withTexts(film.synopses, { lo: draft.synopsisLo, en: draft.synopsisEn }),
    }),
    ...(has("awardsLo", "awardsEn") && {
      awards: withTexts(film.awards, { lo: draft.awardsLo, en: draft.awardsEn }),
    }),
    ...(has("originalTitle") && { original_title: textOrNull(draft.originalTitle) }),
    ...(has("slug") && draft.slug !== "" && { slug: draft.slug }),
    ...(has("year") && { year: numberOrNull(draft.year) }),
    ...(has("runtimeMinutes") && { runtime_ms: timesOrNull(numberOrNull(draft.runtimeMinutes), 60_000) }),
    ...(has("ageRating") && { age_rating: textOrNull(draft.ageRating) }),
    ...(has("genres") && { genres: draft.genres }),
    ...(has("countries") && { countries: draft.countries }),
    ...(has("languages") && { languages: draft.languages }),
    ...(has("creditsAt") && {
      credits_ms: draft.creditsAt.trim() === "" ? null : parseCueTime(draft.creditsAt),
    }),
    ...(has("profile") && { profile: draft.profile }),
  };
}

/** Texts in other languages, which the form does not show, stay. */
function withTexts(before: Readonly<Record<string, string>>, changed: Record<string, string>) {
  const texts = Object.entries({ ...before, ...changed }).map(([tag, text]) => [tag, text.trim()] as const);
  return Object.fromEntries(texts.filter(([, text]) => text !== ""));
}

export function textOrNull(text: string): string | null {
  return text.trim() === "" ? null : text.trim();
}

function numberOrNull(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}

function timesOrNull(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor;
}
