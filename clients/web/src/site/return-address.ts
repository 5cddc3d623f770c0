/** Where the visitor returns to after logging in: the page on which the link was. */
import { useLocation } from "@tanstack/react-router";

const ACCOUNT_PAGES = ["/login", "/register", "/forgot", "/reset"];

export function useReturnAddress(): { to?: string } {
  return useLocation({
    select: ({ pathname, href }) =>
      pathname === "/" || ACCOUNT_PAGES.includes(pathname) ? {} : { to: href },
    structuralSharing: true,
  });
}
