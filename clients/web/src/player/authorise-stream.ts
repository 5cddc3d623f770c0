import { body, type Stream } from "@nang/api-client";
import { api } from "../session";

/** Asks for the right to stream a film: anybody for a public one, its editors for a draft. */
export function authoriseStream(filmId: string): Promise<Stream> {
  return body(api.POST("/api/stream/{film_id}", { params: { path: { film_id: filmId } } }));
}
