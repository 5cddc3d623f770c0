/** The foot of every page: the colours, and the way to the editors' pages for those who may use them. */
import { Link } from "@tanstack/react-router";
import { useLanguage } from "../i18n/language";
import { useAccount } from "../session";
import { ThemeSwitch } from "./theme-switch";

export function SiteFooter() {
  const { t } = useLanguage();
  const account = useAccount();
  return (
    <footer className="page-width mt-16 flex flex-wrap items-center justify-between gap-x-6 gap-y-3 py-8 text-sm text-muted">
      <p>{t.site.tagline}</p>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        {account && account.role !== "viewer" && (
          <Link to="/admin" className="rounded px-1 py-2 underline-offset-4 hover:text-ink hover:underline">
            {t.site.manage}
          </Link>
        )}
        <ThemeSwitch />
      </div>
    </footer>
  );
}
