/**
 * A list whose order the user changes: by dragging a handle, or with the buttons of each row, which the keyboard and screen readers use.
 * After a move by button the focus stays on the moved row.
 */
import { type DragEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { DownIcon, UpIcon } from "./icons";

const ROUND =
  "grid size-11 place-items-center rounded-full text-muted hover:bg-raised hover:text-ink disabled:opacity-40";

interface SortableProps<T> {
  items: readonly T[];
  keyOf(item: T, index: number): string;
  nameOf(item: T): string;
  upLabel(name: string): string;
  downLabel(name: string): string;
  disabled?: boolean;
  onSort(items: T[]): void;
  children(item: T, index: number): ReactNode;
}

export function Sortable<T>(props: SortableProps<T>) {
  const { items, keyOf, nameOf, disabled = false, onSort } = props;
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const [focused, setFocused] = useState<{ index: number; step: -1 | 1 } | null>(null);

  useEffect(() => {
    if (focused) {
      const row = list.current?.children[focused.index];
      const buttons = [...(row?.querySelectorAll<HTMLButtonElement>("button[data-step]") ?? [])];
      const wanted = buttons.find(({ dataset }) => dataset.step === String(focused.step));
      (wanted?.disabled ? buttons.find((button) => !button.disabled) : wanted)?.focus();
    }
  }, [focused]);

  const move = (from: number, to: number) => {
    if (to >= 0 && to < items.length && from !== to) {
      onSort(movedTo(items, from, to));
    }
  };
  const step = (index: number, by: -1 | 1) => {
    move(index, index + by);
    setFocused({ index: index + by, step: by });
  };
  const drop = (event: DragEvent, index: number) => {
    event.preventDefault();
    if (dragged !== null) {
      move(dragged, index);
    }
    setDragged(null);
    setOver(null);
  };
  return (
    <ol ref={list} className="divide-y divide-line empty:hidden">
      {items.map((item, index) => (
        <li
          key={keyOf(item, index)}
          draggable={!disabled && dragged === index}
          onDragStart={({ dataTransfer }) => {
            // Without data Firefox drags nothing.
            dataTransfer.setData("text/plain", nameOf(item));
            dataTransfer.effectAllowed = "move";
          }}
          onDragOver={(event) => {
            if (dragged !== null) {
              event.preventDefault();
              setOver(index);
            }
          }}
          onDrop={(event) => drop(event, index)}
          onDragEnd={() => {
            setDragged(null);
            setOver(null);
          }}
          className={`flex flex-wrap items-center gap-x-2 gap-y-1 py-2 ${over === index && dragged !== index ? "bg-raised" : ""} ${dragged === index ? "opacity-60" : ""}`}
        >
          {/* Rows can be dragged by this handle alone, so that texts in them can still be selected. */}
          <span
            aria-hidden="true"
            onPointerDown={() => setDragged(index)}
            onPointerUp={() => setDragged(null)}
            className="hidden cursor-grab px-2 py-3 text-muted select-none pointer-fine:block"
          >
            ⠿
          </span>
          <div className="min-w-0 flex-1">{props.children(item, index)}</div>
          <span className="flex">
            <button
              type="button"
              data-step={-1}
              className={ROUND}
              aria-label={props.upLabel(nameOf(item))}
              disabled={disabled || index === 0}
              onClick={() => step(index, -1)}
            >
              <UpIcon className="size-5" />
            </button>
            <button
              type="button"
              data-step={1}
              className={ROUND}
              aria-label={props.downLabel(nameOf(item))}
              disabled={disabled || index === items.length - 1}
              onClick={() => step(index, 1)}
            >
              <DownIcon className="size-5" />
            </button>
          </span>
        </li>
      ))}
    </ol>
  );
}

/** The items with the one at `from` at the place `to`. */
export function movedTo<T>(items: readonly T[], from: number, to: number): T[] {
  const changed = [...items];
  const [item] = changed.splice(from, 1);
  return item === undefined ? changed : [...changed.slice(0, to), item, ...changed.slice(to)];
}
