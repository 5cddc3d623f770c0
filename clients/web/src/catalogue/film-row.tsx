/**
 * A row of films that scrolls sideways: by touch, by wheel, by the keyboard's focus, and with two buttons where there is a mouse.
 */
import type { ReactNode } from "react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useLanguage } from "../i18n/language";
import { BackwardIcon, ForwardIcon } from "../ui/icons";
import { CardSkeleton } from "./film-grid";

const ITEM = "w-[38vw] max-w-44 shrink-0 snap-start sm:w-38 lg:w-44";

/** Of a row whose films have titles of two lines, with what is above it. */
export const ROW_HEIGHT = "h-[calc(57vw+11.5rem)] sm:h-106 lg:h-114";

interface FilmRowProps {
  title: ReactNode;
  /** A link to the whole list. */
  more?: ReactNode;
  text?: ReactNode;
  children: ReactNode;
}

export function FilmRow({ title, more, text, children }: FilmRowProps) {
  const list = useRef<HTMLUListElement>(null);
  const { before, after, scroll } = useSideways(list);
  const { t } = useLanguage();
  return (
    <section className="mt-9 sm:mt-12">
      <div className="page-width flex items-end justify-between gap-4">
        <div className="min-w-0">
          <h2 className="text-lg font-semibold sm:text-xl">{title}</h2>
          {text}
        </div>
        {more}
      </div>
      <div className="group/row relative">
        <ul ref={list} className="film-row mt-3 flex snap-x gap-3 overflow-x-auto pt-1 pb-2 sm:gap-4">
          {children}
        </ul>
        {before && (
          <RowButton side="left-1" label={t.home.backward} onClick={() => scroll(-1)}>
            <BackwardIcon />
          </RowButton>
        )}
        {after && (
          <RowButton side="right-1" label={t.home.forward} onClick={() => scroll(1)}>
            <ForwardIcon />
          </RowButton>
        )}
      </div>
    </section>
  );
}

export function FilmRowItem({ children }: { children: ReactNode }) {
  return <li className={`relative ${ITEM}`}>{children}</li>;
}

interface RowButtonProps {
  side: string;
  label: string;
  onClick(): void;
  children: ReactNode;
}

/** For the mouse alone: the keyboard scrolls by moving the focus, so the button is no stop on its way. */
function RowButton({ side, label, onClick, children }: RowButtonProps) {
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={label}
      title={label}
      onClick={onClick}
      className={`absolute top-1/3 ${side} hidden size-12 place-items-center rounded-full border border-line bg-panel/95 text-ink opacity-0 shadow-lg transition-opacity group-hover/row:opacity-100 hover:bg-raised pointer-fine:grid`}
    >
      {children}
    </button>
  );
}

/** Whether there is more to either side, and a way to go there by most of a screen. */
function useSideways(list: React.RefObject<HTMLUListElement | null>) {
  const [ends, setEnds] = useState({ before: false, after: false });
  useEffect(() => {
    const { current } = list;
    if (!current) {
      return;
    }
    const measure = () => {
      const before = current.scrollLeft > 8;
      const after = current.scrollLeft + current.clientWidth < current.scrollWidth - 8;
      setEnds((old) => (old.before === before && old.after === after ? old : { before, after }));
    };
    // It also measures once at the start, after the browser's own layout: measuring here would force one for each row.
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    current.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      current.removeEventListener("scroll", measure);
    };
  }, [list]);
  const scroll = useCallback(
    (direction: -1 | 1) => {
      const { current } = list;
      current?.scrollBy({ left: direction * current.clientWidth * 0.85, behavior: "smooth" });
    },
    [list],
  );
  return { ...ends, scroll };
}

export function FilmRowSkeleton() {
  return (
    <div className="mt-9 sm:mt-12" aria-hidden="true">
      <div className="page-width">
        <div className="skeleton h-7 w-48 rounded" />
      </div>
      <div className="film-row mt-3 flex gap-3 overflow-hidden pt-1 pb-2 sm:gap-4">
        {["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => (
          <div key={name} className={ITEM}>
            <CardSkeleton />
          </div>
        ))}
      </div>
    </div>
  );
}
