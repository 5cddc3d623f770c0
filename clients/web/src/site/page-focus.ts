/**
 * Moves the keyboard focus on navigation, which browsers do only when they load a document.
 *
 * A new page gets the focus on its content. Going back returns it to the link that was followed.
 */
import type { AnyRouter, HistoryLocation, RouterHistory } from "@tanstack/react-router";

export function keepFocus(router: AnyRouter): void {
  const followedLinks = new Map<string, string>();
  const history: RouterHistory = router.history;
  let current = history.location;
  let linkToFocus: string | null = null;
  let hasMoved = false;

  history.subscribe(({ location, action }) => {
    const link = document.activeElement?.closest("a[href]")?.getAttribute("href");
    if (link && action.type === "PUSH") {
      followedLinks.set(keyOf(current), link);
    }
    hasMoved ||= location.pathname !== current.pathname;
    linkToFocus = action.type === "PUSH" ? null : (followedLinks.get(keyOf(location)) ?? null);
    current = location;
  });

  router.subscribe("onRendered", () => {
    if (!hasMoved) {
      return;
    }
    hasMoved = false;
    const content = document.getElementById("content");
    const link = linkToFocus && content?.querySelector<HTMLElement>(`a[href="${CSS.escape(linkToFocus)}"]`);
    const hasOwnFocus = content?.contains(document.activeElement) && document.activeElement !== content;
    if (link) {
      link.focus({ preventScroll: true });
    } else if (!hasOwnFocus) {
      content?.focus({ preventScroll: true });
    }
  });
}

function keyOf({ state, href }: HistoryLocation): string {
  return state.__TSR_key ?? href;
}
