/**
 * When an element comes near the screen. The lazy loading of browsers begins much earlier, in Chromium on a slow link 2,500 px before:
 * on a phone the images of four screens would compete with those in sight.
 */
import { type RefObject, useEffect, useState } from "react";

/** Half a screen above and below, and as much to the sides of a row that scrolls sideways. Older browsers do not know `scrollMargin`. */
const MARGINS = { rootMargin: "50% 0px", scrollMargin: "0px 50%" };

const waiting = new WeakMap<Element, () => void>();
let observer: IntersectionObserver | undefined;

function whenNear(element: Element, run: () => void): () => void {
  observer ??= new IntersectionObserver((entries, self) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) {
        self.unobserve(target);
        waiting.get(target)?.();
      }
    }
  }, MARGINS);
  const watching = observer;
  waiting.set(element, run);
  watching.observe(element);
  return () => watching.unobserve(element);
}

/** What was near once: on the way back to a page it is shown at once, from the browser's cache. */
const known = new Set<string>();

/** Whether the element is or was near. `name`: what it shows. */
export function useNear(element: RefObject<Element | null>, name: string, isAlways: boolean): boolean {
  const [isNear, setNear] = useState(isAlways || known.has(name));
  useEffect(() => {
    if (isNear || !element.current) {
      return;
    }
    return whenNear(element.current, () => {
      known.add(name);
      setNear(true);
    });
  }, [element, name, isNear]);
  return isNear;
}
