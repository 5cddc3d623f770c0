/** The frame of every page: the site's name, the account, the language, the link to the admin pages. */
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { type Language, setLanguage, useLanguage } from "../i18n/language";
import { useAccount } from "../session";
import { LogoutButton } from "./logout-button";

export function SiteFrame({ children }: { children: ReactNode }) {
  const { t } = useLanguage();
  const account = useAccount();
  const [path] = useLocation();
  const managing = path.startsWith("/admin");
  return (
    <>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-lg focus:bg-lamp focus:px-4 focus:py-2 focus:text-night"
      >
        {t.site.skipToContent}
      </a>
      <header className="mx-auto flex w-full max-w-7xl items-center justify-between gap-3 px-4 py-3 sm:px-8 sm:py-5">
        <Link
          href="/"
          className="flex items-center gap-2.5 rounded-lg pr-2"
          aria-label={`${t.site.name}: ${t.site.home}`}
        >
          <span className="grid size-9 place-items-center rounded-full bg-lamp text-night shadow-[0_0_28px_rgb(242_184_75/0.35)]">
            <svg viewBox="0 0 24 24" className="ml-0.5 size-5" aria-hidden="true" fill="currentColor">
              <path d="M8 5.2a1 1 0 0 1 1.53-.85l10.6 6.8a1 1 0 0 1 0 1.7l-10.6 6.8A1 1 0 0 1 8 18.8z" />
            </svg>
          </span>
          <span lang="lo" className="title text-2xl font-bold">
            ໜັງ
          </span>
        </Link>
        <div className="flex items-center gap-2 sm:gap-4">
          {account && account.role !== "viewer" && !managing && (
            <Link
              href="/admin"
              className="rounded-full px-3 py-2 text-sm text-soft hover:bg-panel hover:text-ink"
            >
              {t.site.manage}
            </Link>
          )}
          {!managing &&
            (account ? (
              <LogoutButton className={HEADER_LINK} />
            ) : (
              !path.startsWith("/login") && <LoginLink path={path} />
            ))}
          <LanguageSwitch />
        </div>
      </header>
      <main id="content" tabIndex={-1} className="flex-1 outline-none">
        {children}
      </main>
      <footer className="mx-auto mt-16 flex w-full max-w-7xl flex-wrap items-center justify-between gap-3 px-4 py-8 text-sm text-muted sm:px-8">
        <p>{t.site.tagline}</p>
        {!managing && (
          <Link href="/admin" className="rounded px-1 py-2 underline-offset-4 hover:text-ink hover:underline">
            {t.site.manage}
          </Link>
        )}
      </footer>
    </>
  );
}

const HEADER_LINK =
  "inline-flex min-h-11 items-center rounded-full px-2 text-sm text-soft hover:bg-panel hover:text-ink sm:px-3";

/** After logging in, the user returns to the film on whose page the link was. */
function LoginLink({ path }: { path: string }) {
  const { t } = useLanguage();
  const to = path.startsWith("/films/") ? `?to=${encodeURIComponent(path)}` : "";
  return (
    <Link href={`/login${to}`} className={HEADER_LINK}>
      {t.login.title}
    </Link>
  );
}

const LANGUAGES: { language: Language; name: string; short: string }[] = [
  { language: "lo", name: "ລາວ", short: "ລາວ" },
  { language: "en", name: "English", short: "EN" },
];

function LanguageSwitch() {
  const { t, language: current } = useLanguage();
  return (
    <fieldset className="flex rounded-full border border-line bg-stage p-0.5">
      <legend className="sr-only">{t.site.language}</legend>
      {LANGUAGES.map(({ language, name, short }) => (
        <button
          key={language}
          type="button"
          lang={language}
          aria-label={name}
          aria-pressed={language === current}
          onClick={() => setLanguage(language)}
          className={`min-h-10 min-w-12 rounded-full px-3 text-sm leading-normal transition-colors ${
            language === current ? "bg-raised font-semibold text-ink" : "text-muted hover:text-ink"
          }`}
        >
          {short}
        </button>
      ))}
    </fieldset>
  );
}
