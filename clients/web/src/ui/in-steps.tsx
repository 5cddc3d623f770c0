/**
 * Renders the parts of a page one after the other, so that a slow phone answers and paints between them. Only on the page that is opened
 * first: later ones are known to be quick, and going back needs the whole height at once to find its place.
 */
import { Children, Fragment, type ReactNode, startTransition, useEffect, useMemo, useState } from "react";

let isFirstPage = isNewVisit();

/** A page that is loaded again scrolls to where it was. */
function isNewVisit(): boolean {
  const [entry] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return entry?.type === "navigate";
}

interface InStepsProps {
  children: ReactNode;
  /** How many parts each step adds. */
  size?: number;
  /** How many parts are rendered with the rest of the page. */
  first?: number;
  /** Stands for each part that is not there yet, in about its height: what follows does not move. */
  placeholder?: ReactNode;
}

export function InSteps({ children, size = 1, first = 0, placeholder = null }: InStepsProps) {
  const parts = useMemo(() => Children.toArray(children), [children]);
  const [count, setCount] = useState(isFirstPage ? first : Number.POSITIVE_INFINITY);
  const isComplete = count >= parts.length;
  useEffect(() => {
    if (isComplete) {
      isFirstPage = false;
      setCount(Number.POSITIVE_INFINITY);
    } else {
      startTransition(() => setCount(count + size));
    }
  }, [count, isComplete, size]);
  return isComplete
    ? parts
    : parts.map((part, index) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
        index < count ? part : <Fragment key={index}>{placeholder}</Fragment>,
      );
}
