/**
 * A noun of the catalogue: a genre, a category or a person. Its file says how it is read and changed and which fields it has; the list,
 * the form, deleting, merging and conflicts of versions are the same for all.
 */
import type { LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { EditorDictionary } from "../../i18n/editor";

export interface NounItem {
  id: string;
  slug: string;
  version: number;
  names: Record<string, string>;
}

/** What the form changes. Fields that a noun does not have keep their initial values. */
export interface NounDraft {
  names: Record<string, string>;
  slug: string;
  position: number;
  shown: boolean;
  /** A description or a biography. */
  texts: Record<string, string>;
}

export interface Noun<Item extends NounItem> {
  /** The first part of the key in the cache. */
  key: string;
  words(t: EditorDictionary): NounWords;
  has: { position: boolean; shown: boolean };
  /** The labels of the long text in both languages. */
  longText: ((t: EditorDictionary) => { lo: string; en: string }) | null;
  list(cursor: string | null, signal: AbortSignal): Promise<{ items: Item[]; next_cursor: string | null }>;
  draftOf(item: Item): NounDraft;
  create(draft: NounDraft): Promise<Item>;
  update(item: Item, draft: NounDraft): Promise<Item>;
  remove(item: Item): Promise<unknown>;
  /** Null if two of them cannot become one. */
  merge: ((item: Item, intoId: string) => Promise<unknown>) | null;
  /** The page that viewers see. */
  page(item: Item): Pick<LinkProps, "to" | "params">;
  /** What is shown in the list beside the name. */
  note(item: Item, t: EditorDictionary): string | null;
  /** More that belongs to one item, below its form. */
  extra?(item: Item): ReactNode;
}

export interface NounWords {
  title: string;
  create: string;
  empty: string;
  removeSure(name: string): string;
}

export const EMPTY_DRAFT: NounDraft = { names: {}, slug: "", position: 0, shown: true, texts: {} };

/** Without languages whose text is empty; null if none is left. */
export function filledTexts(texts: Record<string, string>): Record<string, string> | null {
  const filled = Object.entries(texts)
    .map(([tag, text]): [string, string] => [tag, text.trim()])
    .filter(([, text]) => text !== "");
  return filled.length > 0 ? Object.fromEntries(filled) : null;
}

/** The header that makes the server refuse a change of an older version. */
export function ifMatch({ version }: NounItem): { "If-Match": string } {
  return { "If-Match": `"${version}"` };
}
