/** The columns of the films table that an editor can show or hide. The choice is kept in the browser. */
import { useState } from "react";
import { storageOrNull } from "../../lib/storage";

export const COLUMNS = ["stage", "visibility", "year", "length", "genres", "window", "created"] as const;
export type ColumnName = (typeof COLUMNS)[number];

const KEY = "nang.film-columns";
const SHOWN_AT_FIRST: readonly ColumnName[] = ["stage", "visibility", "year", "length"];

export function useColumns(): { shown: readonly ColumnName[]; toggle(name: ColumnName): void } {
  const [shown, setShown] = useState<readonly ColumnName[]>(() =>
    readColumns(storageOrNull("localStorage")?.getItem(KEY) ?? null),
  );
  return {
    shown,
    toggle: (name) => {
      const next = COLUMNS.filter((one) => (one === name ? !shown.includes(one) : shown.includes(one)));
      setShown(next);
      storageOrNull("localStorage")?.setItem(KEY, next.join(","));
    },
  };
}

export function readColumns(saved: string | null): readonly ColumnName[] {
  return saved === null ? SHOWN_AT_FIRST : COLUMNS.filter((name) => saved.split(",").includes(name));
}
