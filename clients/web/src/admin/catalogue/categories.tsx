/** `/admin/shelves`: categories, which pages call shelves. */
import type { AdminCategory } from "@nang/api-client";
import { api } from "../../session";
import { CategoryFilms } from "./category-films";
import { filledTexts, ifMatch, type Noun, type NounDraft } from "./noun";
import { NounPage } from "./noun-page";

const CATEGORIES: Noun<AdminCategory> = {
  key: "admin-categories",
  words: (t) => t.catalogue.categories,
  has: { position: true, shown: true },
  longText: (t) => ({ lo: t.catalogue.descriptionLo, en: t.catalogue.descriptionEn }),
  list: (cursor, signal) =>
    api.get("/api/admin/categories", { query: { limit: 100, ...(cursor && { cursor }) }, signal }),
  draftOf: ({ names, slug, position, shown, descriptions }) => ({
    names,
    slug,
    position,
    shown,
    texts: descriptions,
  }),
  create: (draft) => api.post("/api/admin/categories", { body: bodyOf(draft) }),
  update: (item, draft) =>
    api.patch("/api/admin/categories/{id}", {
      path: { id: item.id },
      header: ifMatch(item),
      body: bodyOf(draft),
    }),
  remove: (item) =>
    api.delete("/api/admin/categories/{id}", { path: { id: item.id }, header: ifMatch(item) }),
  merge: null,
  page: ({ slug }) => ({ to: "/shelves/$category", params: { category: slug } }),
  note: ({ position, shown }, t) => (shown ? String(position) : `${position} · ${t.catalogue.hidden}`),
  extra: (item) => <CategoryFilms category={item} />,
};

function bodyOf({ names, slug, position, shown, texts }: NounDraft) {
  return {
    names: filledTexts(names) ?? {},
    descriptions: filledTexts(texts) ?? {},
    position,
    shown,
    ...(slug !== "" && { slug }),
  };
}

export function CategoriesPage() {
  return <NounPage noun={CATEGORIES} />;
}
