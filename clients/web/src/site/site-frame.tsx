/** The frame of every page: header, content, footer and, on phones, a bar of links within reach of the thumb. */
import { Outlet, useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { useLanguage } from "../i18n/language";
import { useAnnouncedTitle } from "../lib/use-title";
import { session } from "../session";
import { BottomBar } from "./bottom-bar";
import { OfflineBar } from "./offline-bar";
import { SiteFooter } from "./site-footer";
import { SiteHeader } from "./site-header";

export function SiteFrame() {
  const { t } = useLanguage();
  const managing = useLocation({ select: ({ pathname }) => pathname.startsWith("/admin") });
  const title = useAnnouncedTitle();

  useEffect(() => {
    if (session.isPending) {
      // A page that asks for nothing would otherwise show a visitor with a session as one without.
      session.token().catch(() => undefined);
    }
  }, []);

  return (
    <>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-lg focus:bg-lamp focus:px-4 focus:py-2 focus:text-on-lamp"
      >
        {t.site.skipToContent}
      </a>
      <SiteHeader managing={managing} />
      <OfflineBar />
      <main id="content" tabIndex={-1} className="flex-1 outline-none">
        <Outlet />
      </main>
      <SiteFooter />
      {!managing && <BottomBar />}
      <p role="status" className="sr-only">
        {title}
      </p>
    </>
  );
}
