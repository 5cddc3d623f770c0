/** `/admin/genres` */
import type { AdminGenre } from "@nang/api-client";
import { api } from "../../session";
import { filledTexts, ifMatch, type Noun, type NounDraft } from "./noun";
import { NounPage } from "./noun-page";

const GENRES: Noun<AdminGenre> = {
  key: "admin-genres",
  words: (t) => t.catalogue.genres,
  has: { position: true, shown: false },
  longText: null,
  list: (cursor, signal) =>
    api.get("/api/admin/genres", { query: { limit: 100, ...(cursor && { cursor }) }, signal }),
  draftOf: ({ names, slug, position }) => ({ names, slug, position, shown: true, texts: {} }),
  create: (draft) => api.post("/api/admin/genres", { body: bodyOf(draft) }),
  update: (item, draft) =>
    api.patch("/api/admin/genres/{id}", {
      path: { id: item.id },
      header: ifMatch(item),
      body: bodyOf(draft),
    }),
  remove: (item) => api.delete("/api/admin/genres/{id}", { path: { id: item.id }, header: ifMatch(item) }),
  merge: (item, into) =>
    api.post("/api/admin/genres/{id}/merge", {
      path: { id: item.id },
      header: ifMatch(item),
      body: { into },
    }),
  page: ({ slug }) => ({ to: "/genres/$genre", params: { genre: slug } }),
  note: ({ position }) => String(position),
};

function bodyOf({ names, slug, position }: NounDraft) {
  return { names: filledTexts(names) ?? {}, position, ...(slug !== "" && { slug }) };
}

export function GenresPage() {
  return <NounPage noun={GENRES} />;
}
