/** The film whose page is open. All tabs show the same film, which follows the server's events. */
import type { AdminFilm, RequestOf } from "@nang/api-client";
import { createContext, useContext } from "react";
import { api } from "../../session";
import type { Stored } from "../draft/use-draft";

export interface OpenFilm {
  film: AdminFilm;
  /** Shows the server's response to a change made on this page. */
  accept(film: AdminFilm): void;
  reload(): void;
}

export const OpenFilmContext = createContext<OpenFilm | null>(null);

export function useOpenFilm(): OpenFilm {
  const open = useContext(OpenFilmContext);
  if (!open) {
    throw new Error("this part of the page belongs to a film's page");
  }
  return open;
}

export type FilmChange = RequestOf<"/api/admin/films/{id}", "patch">["body"];

export const ifMatch = (version: number) => ({ "If-Match": `"${version}"` });

/** Changes a film only if it still has this version. */
export function changeFilm(id: string, version: number, body: FilmChange): Promise<AdminFilm> {
  return api.patch("/api/admin/films/{id}", { path: { id }, header: ifMatch(version), body });
}

/** For `useDraft`: how the values of a form are read from the open film and sent to the server. */
export function useFilmStore<D extends object>(
  read: (film: AdminFilm) => D,
  changeOf: (fields: readonly (keyof D & string)[], draft: D, film: AdminFilm) => FilmChange,
) {
  const { film, accept } = useOpenFilm();
  /** The newest film that a save or a load has returned: what its change is based on. */
  let latest = film;
  const storedOf = (newest: AdminFilm): Stored<D> => ({ values: read(newest), version: newest.version });
  return {
    stored: storedOf(film),
    send: async (fields: readonly (keyof D & string)[], draft: D, version: number) => {
      const saved = await changeFilm(film.id, version, changeOf(fields, draft, latest));
      latest = saved;
      accept(saved);
      return storedOf(saved);
    },
    load: async () => {
      const newest = await api.get("/api/admin/films/{id}", { path: { id: film.id } });
      latest = newest;
      accept(newest);
      return storedOf(newest);
    },
  };
}
