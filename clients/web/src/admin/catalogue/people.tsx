/** `/admin/people` */
import type { AdminPerson } from "@nang/api-client";
import { api } from "../../session";
import { Portraits } from "../images/portraits";
import { filledTexts, ifMatch, type Noun, type NounDraft } from "./noun";
import { NounPage } from "./noun-page";

const PEOPLE: Noun<AdminPerson> = {
  key: "admin-people",
  words: (t) => t.catalogue.people,
  has: { position: false, shown: false },
  longText: (t) => ({ lo: t.catalogue.biographyLo, en: t.catalogue.biographyEn }),
  list: (cursor, signal) =>
    api.get("/api/admin/cast", { query: { limit: 100, ...(cursor && { cursor }) }, signal }),
  draftOf: ({ names, slug, biographies }) => ({ names, slug, position: 0, shown: true, texts: biographies }),
  create: (draft) => api.post("/api/admin/cast", { body: bodyOf(draft) }),
  update: (item, draft) =>
    api.patch("/api/admin/cast/{id}", { path: { id: item.id }, header: ifMatch(item), body: bodyOf(draft) }),
  remove: (item) => api.delete("/api/admin/cast/{id}", { path: { id: item.id }, header: ifMatch(item) }),
  merge: (item, into) =>
    api.post("/api/admin/cast/{id}/merge", { path: { id: item.id }, header: ifMatch(item), body: { into } }),
  page: ({ slug }) => ({ to: "/people/$person", params: { person: slug } }),
  note: () => null,
  extra: (person) => <Portraits person={person} />,
};

function bodyOf({ names, slug, texts }: NounDraft) {
  return {
    names: filledTexts(names) ?? {},
    biographies: filledTexts(texts) ?? {},
    ...(slug !== "" && { slug }),
  };
}

export function PeoplePage() {
  return <NounPage noun={PEOPLE} />;
}
