/** Who may see a film, and when, as a form has it. Times are those of the editor's device: `2026-12-01T18:30`. */
import type { AdminFilm } from "@nang/api-client";
import { textOrNull } from "./details-draft";
import type { FilmChange } from "./open-film";

export type Visibility = AdminFilm["visibility"];
export const VISIBILITIES: readonly Visibility[] = ["draft", "scheduled", "public", "members", "unlisted"];

export interface RightsDraft {
  visibility: Visibility;
  publishAt: string;
  from: string;
  until: string;
  countries: string[];
  regionNote: string;
}

export type RightsField = keyof RightsDraft;

export function rightsOf(film: AdminFilm): RightsDraft {
  const { from, until, countries, region_note } = film.availability;
  return {
    visibility: film.visibility,
    publishAt: localTime(film.publish_at),
    from: localTime(from),
    until: localTime(until),
    countries,
    regionNote: region_note ?? "",
  };
}

export function rightsChange(fields: readonly RightsField[], draft: RightsDraft): FilmChange {
  const has = (name: RightsField) => fields.includes(name);
  const isScheduled = draft.visibility === "scheduled";
  return {
    ...(has("visibility") && { visibility: draft.visibility }),
    // The server keeps a time for scheduled films alone.
    ...((has("publishAt") || has("visibility")) && {
      publish_at: isScheduled ? instant(draft.publishAt) : null,
    }),
    ...(has("from") && { available_from: instant(draft.from) }),
    ...(has("until") && { available_until: instant(draft.until) }),
    ...(has("countries") && { available_in: draft.countries }),
    ...(has("regionNote") && { region_note: textOrNull(draft.regionNote) }),
  };
}

export function wrongRights(draft: RightsDraft): RightsField[] {
  const wrong: RightsField[] = [];
  if (draft.visibility === "scheduled" && draft.publishAt === "") {
    wrong.push("publishAt");
  }
  if (draft.from !== "" && draft.until !== "" && draft.until <= draft.from) {
    wrong.push("until");
  }
  return wrong;
}

/** The value of an `<input type="datetime-local">`; empty without a time. */
export function localTime(at: string | null): string {
  if (at === null) {
    return "";
  }
  const time = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date}T${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** RFC 3339; null if the field is empty. */
export function instant(local: string): string | null {
  return local === "" ? null : new Date(local).toISOString();
}
