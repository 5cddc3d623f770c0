/** The site's name, its main pages, the search box, the account and the language. */
import { Link } from "@tanstack/react-router";
import { useLanguage } from "../i18n/language";
import { SearchBox } from "../pages/search/search-box";
import { useAccount, useSessionPending } from "../session";
import { PlayIcon } from "../ui/icons";
import { AccountMenu } from "./account-menu";
import { HEADER_LINK } from "./header-link";
import { LanguageSwitch } from "./language-switch";
import { useReturnAddress } from "./return-address";

export function SiteHeader({ managing }: { managing: boolean }) {
  const { t } = useLanguage();
  return (
    <header className="page-width flex items-center gap-2 py-2 sm:gap-3 sm:py-4">
      <Link to="/" className="flex items-center gap-2.5 rounded-lg pr-2" aria-label={`ໜັງ: ${t.site.home}`}>
        <span className="grid size-9 place-items-center rounded-full bg-lamp text-on-lamp">
          <PlayIcon className="ml-0.5 size-5" />
        </span>
        <span lang="lo" className="title text-2xl font-bold">
          ໜັງ
        </span>
      </Link>
      {!managing && (
        <>
          <nav aria-label={t.nav.main} className="hidden md:block">
            <Link to="/films" className={HEADER_LINK}>
              {t.nav.films}
            </Link>
            <Link to="/my-list" className={`${HEADER_LINK} hidden! lg:inline-flex!`}>
              {t.nav.myList}
            </Link>
          </nav>
          <div className="hidden max-w-md flex-1 md:block">
            <SearchBox name="header-search" takesSlashKey />
          </div>
        </>
      )}
      <div className="ml-auto flex items-center gap-1 sm:gap-2">
        <AccountLink managing={managing} />
        <LanguageSwitch />
      </div>
    </header>
  );
}

/** While the session is resumed, the place of the link stays free. */
function AccountLink({ managing }: { managing: boolean }) {
  const { t } = useLanguage();
  const account = useAccount();
  const pending = useSessionPending();
  const to = useReturnAddress();
  if (pending) {
    return <span className="size-11" />;
  }
  if (account) {
    return <AccountMenu account={account} />;
  }
  return managing ? null : (
    <Link to="/login" search={to} className={HEADER_LINK}>
      {t.login.title}
    </Link>
  );
}
