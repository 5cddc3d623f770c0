/** The pages in the menu of editors and admins. */
import type { LinkProps } from "@tanstack/react-router";
import type { EditorDictionary } from "../i18n/editor";

export interface AdminPage {
  to: NonNullable<LinkProps["to"]>;
  text(t: EditorDictionary): string;
  group: "work" | "catalogue" | "site";
  isForAdmins?: boolean;
}

export const ADMIN_PAGES: readonly AdminPage[] = [
  { to: "/admin", group: "work", text: (t) => t.desk.title },
  { to: "/admin/films", group: "work", text: (t) => t.catalogue.films },
  { to: "/admin/uploads", group: "work", text: (t) => t.uploads.title },
  { to: "/admin/pipeline", group: "work", text: (t) => t.pipeline.title },
  { to: "/admin/shelves", group: "catalogue", text: (t) => t.catalogue.categories.title },
  { to: "/admin/genres", group: "catalogue", text: (t) => t.catalogue.genres.title },
  { to: "/admin/people", group: "catalogue", text: (t) => t.catalogue.people.title },
  { to: "/admin/catalogue", group: "catalogue", text: (t) => t.catalogueFile.title },
  { to: "/admin/figures", group: "site", text: (t) => t.figures.title },
  { to: "/admin/storage", group: "site", text: (t) => t.storage.title },
  { to: "/admin/audit", group: "site", text: (t) => t.audit.title },
  { to: "/admin/users", group: "site", text: (t) => t.users.title, isForAdmins: true },
  { to: "/admin/settings", group: "site", text: (t) => t.settingsInForce.title, isForAdmins: true },
];
