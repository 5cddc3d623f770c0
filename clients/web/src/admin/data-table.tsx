/** A table that becomes a list of cards on a narrow screen, where each value has its column's name before it. */
import type { ReactNode } from "react";

export interface Column<T> {
  /** Its heading, or what a screen reader says if the heading is hidden. */
  name: string;
  isNameHidden?: boolean;
  /** The cell that names its row. */
  isHeading?: boolean;
  cell(row: T): ReactNode;
}

interface DataTableProps<T> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  keyOf(row: T): string;
  isSelected?(row: T): boolean;
}

export function DataTable<T>({ label, rows, columns, keyOf, isSelected }: DataTableProps<T>) {
  return (
    <table aria-label={label} className="data-table w-full text-left text-sm tabular-nums">
      <thead className="text-muted">
        <tr>
          {columns.map(({ name, isNameHidden }) => (
            <th key={name} scope="col" className="py-2 pr-4 font-normal">
              <span className={isNameHidden ? "sr-only" : ""}>{name}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} className={isSelected?.(row) ? "bg-panel" : ""}>
            {columns.map(({ name, isNameHidden, isHeading, cell }) => {
              const Cell = isHeading ? "th" : "td";
              return (
                <Cell
                  key={name}
                  {...(isHeading && { scope: "row" })}
                  data-name={isNameHidden || isHeading ? "" : name}
                  className={isHeading ? "font-semibold" : ""}
                >
                  {cell(row)}
                </Cell>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
