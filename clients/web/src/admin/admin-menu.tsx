/** The menu of the editors' pages: in groups at the side of wide screens, behind a button on narrow ones. */
import type { Account } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import { useEditorLanguage } from "../i18n/editor";
import { Disclosure } from "../ui/disclosure";
import { MenuIcon } from "../ui/icons";
import { ADMIN_PAGES } from "./admin-pages";

const LINK =
  "flex min-h-11 items-center rounded-xl px-3 text-soft hover:bg-panel hover:text-ink aria-[current=page]:bg-panel aria-[current=page]:text-ink";

export function AdminMenu({ account }: { account: Account }) {
  const { t } = useEditorLanguage();
  return (
    <>
      <nav aria-label={t.catalogue.menu} className="hidden w-48 shrink-0 lg:block">
        <div className="sticky top-4">
          <MenuGroups account={account} />
        </div>
      </nav>
      <nav aria-label={t.catalogue.menu} className="mb-4 lg:hidden">
        <Disclosure
          label={t.catalogue.menu}
          isLeft
          buttonClass="inline-flex min-h-11 items-center gap-2 rounded-full border border-line bg-panel px-4"
          button={
            <>
              <MenuIcon className="size-5" />
              {t.catalogue.menu}
            </>
          }
        >
          <MenuGroups account={account} />
        </Disclosure>
      </nav>
    </>
  );
}

function MenuGroups({ account }: { account: Account }) {
  const { t } = useEditorLanguage();
  const pages = ADMIN_PAGES.filter(({ isForAdmins }) => !isForAdmins || account.role === "admin");
  return (
    <div className="space-y-4">
      {(["work", "catalogue", "site"] as const).map((group) => (
        <ul key={group} aria-label={t.adminMenu[group]}>
          {pages
            .filter((page) => page.group === group)
            .map(({ to, text }) => (
              <li key={to}>
                <Link
                  to={to}
                  activeOptions={{ exact: to === "/admin", includeSearch: false }}
                  className={LINK}
                >
                  {text(t)}
                </Link>
              </li>
            ))}
        </ul>
      ))}
    </div>
  );
}
