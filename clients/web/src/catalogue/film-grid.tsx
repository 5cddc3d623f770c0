/** Films in rows that fit the screen, and the placeholders of the same size that stand there before. */
import type { Film } from "@nang/api-client";
import type { ReactNode } from "react";
import { InSteps } from "../ui/in-steps";
import { FilmCard } from "./film-card";
import { GRID } from "./first-screen";
import { IMAGE_SIZES } from "./image-sizes";

/** Two rows on a phone, one on a desktop: what the first screen shows. */
const URGENT_POSTERS = 6;

interface FilmGridProps {
  films: readonly Film[];
  /** In place of year and length. */
  facts?: (film: Film) => ReactNode;
}

export function FilmGrid({ films, facts }: FilmGridProps) {
  return (
    <ul className={GRID}>
      <InSteps first={URGENT_POSTERS} size={9} placeholder={<Cell />}>
        {films.map((film, index) => (
          <li key={film.id}>
            <FilmCard
              film={film}
              sizes={IMAGE_SIZES.grid}
              isUrgent={index < URGENT_POSTERS}
              facts={facts?.(film)}
            />
          </li>
        ))}
      </InSteps>
    </ul>
  );
}

/** The height of a card with a title of one line. */
function Cell() {
  return (
    <li>
      <div className="mb-14 aspect-2/3" />
    </li>
  );
}

export function FilmGridSkeleton({ count = 12 }: { count?: number }) {
  return (
    <div className={GRID} aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
        <div key={index}>
          <CardSkeleton />
        </div>
      ))}
    </div>
  );
}

export function CardSkeleton() {
  return (
    <>
      <div className="skeleton aspect-2/3 rounded-xl" />
      <div className="skeleton mt-3 h-5 w-4/5 rounded" />
      <div className="skeleton mt-2 h-4 w-1/2 rounded" />
    </>
  );
}
