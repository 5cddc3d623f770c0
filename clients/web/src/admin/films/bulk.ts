/** One action on many films, one film after the other. A film that fails does not stop the others. */
import type { AdminFilm, NangClient } from "@nang/api-client";
import { ApiError } from "@nang/api-client";
import { allItems } from "../../lib/all-items";
import type { FilmChange } from "../film-page/open-film";

export const BULK_KINDS = ["publish", "unpublish", "schedule", "genre", "category"] as const;
export type BulkKind = (typeof BULK_KINDS)[number];

export interface BulkAction {
  kind: BulkKind;
  /** When films become public (RFC 3339), or the id of the genre or category that they get. */
  value: string;
}

export interface BulkResult {
  film: AdminFilm;
  outcome: "changed" | "unchanged" | "deleted" | "failed";
  error: unknown;
}

/** The change of one film; null if it already is as the action wants it. */
export function changeFor(film: AdminFilm, { kind, value }: BulkAction): FilmChange | null {
  switch (kind) {
    case "publish":
      return film.visibility === "public" ? null : { visibility: "public", publish_at: null };
    case "unpublish":
      return film.visibility === "draft" ? null : { visibility: "draft", publish_at: null };
    case "schedule": {
      const isSame =
        film.visibility === "scheduled" &&
        film.publish_at !== null &&
        Date.parse(film.publish_at) === Date.parse(value);
      return isSame ? null : { visibility: "scheduled", publish_at: value };
    }
    case "genre": {
      const genres = film.genres.map(({ id }) => id);
      return genres.includes(value) ? null : { genres: [...genres, value] };
    }
    case "category":
      return null;
  }
}

export async function runBulk(
  api: NangClient,
  films: readonly AdminFilm[],
  action: BulkAction,
  onResult: (result: BulkResult) => void,
): Promise<void> {
  if (action.kind === "category") {
    return addToCategory(api, films, action.value, onResult);
  }
  for (const film of films) {
    try {
      onResult(await changeOne(api, film, action));
    } catch (error) {
      onResult({ film, outcome: "failed", error });
    }
  }
}

const MAX_TRIES = 3;

/** The change is made from the newest version, so another editor's change in between repeats it. */
async function changeOne(
  api: NangClient,
  film: AdminFilm,
  action: BulkAction,
  tries = MAX_TRIES,
): Promise<BulkResult> {
  const path = { id: film.id };
  const newest = await api.get("/api/admin/films/{id}", { path });
  // Deleted films can be changed, because they can be restored; but an editor does not want to publish one that another editor just deleted.
  if (newest.deleted_at !== null) {
    return { film: newest, outcome: "deleted", error: null };
  }
  const body = changeFor(newest, action);
  if (body === null) {
    return { film: newest, outcome: "unchanged", error: null };
  }
  try {
    const header = { "If-Match": `"${newest.version}"` };
    const changed = await api.patch("/api/admin/films/{id}", { path, header, body });
    return { film: changed, outcome: "changed", error: null };
  } catch (error) {
    if (error instanceof ApiError && error.status === 412 && tries > 1) {
      return changeOne(api, film, action, tries - 1);
    }
    throw error;
  }
}

/** A category has one list of films, so all films are added in one request. */
async function addToCategory(
  api: NangClient,
  films: readonly AdminFilm[],
  categoryId: string,
  onResult: (result: BulkResult) => void,
): Promise<void> {
  const path = { id: categoryId };
  try {
    const [category, present] = await Promise.all([
      api.get("/api/admin/categories/{id}", { path }),
      allItems(api.pages("/api/admin/categories/{id}/films", { path }).items()),
    ]);
    const ids = present.map(({ id }) => id);
    const added = films.filter(({ id }) => !ids.includes(id));
    if (added.length > 0) {
      await api.put("/api/admin/categories/{id}/films", {
        path,
        header: { "If-Match": `"${category.version}"` },
        body: { films: [...ids, ...added.map(({ id }) => id)] },
      });
    }
    for (const film of films) {
      onResult({ film, outcome: added.includes(film) ? "changed" : "unchanged", error: null });
    }
  } catch (error) {
    for (const film of films) {
      onResult({ film, outcome: "failed", error });
    }
  }
}
