/** The filters of the films table, which are in its address. */
import { oneOf, text } from "../../lib/search-parameters";

export const STATUSES = ["empty", "processing", "ready", "damaged", "failed"] as const;
export const VISIBILITIES = ["draft", "scheduled", "public", "members", "unlisted"] as const;

export interface FilmTableSearch {
  q?: string;
  status?: (typeof STATUSES)[number];
  visibility?: (typeof VISIBILITIES)[number];
  deleted?: "1";
}

export function readFilmTableSearch(values: Record<string, unknown>): FilmTableSearch {
  const q = text(values.q);
  const status = oneOf(STATUSES, values.status);
  const visibility = oneOf(VISIBILITIES, values.visibility);
  return {
    ...(q && { q }),
    ...(status && { status }),
    ...(visibility && { visibility }),
    ...(values.deleted === "1" && { deleted: "1" }),
  };
}
