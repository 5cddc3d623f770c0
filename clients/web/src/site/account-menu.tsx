/** The pages of an account, and logging out. */
import type { Account } from "@nang/api-client";
import { Link, type LinkProps } from "@tanstack/react-router";
import { useLanguage } from "../i18n/language";
import { Disclosure } from "../ui/disclosure";
import { PersonIcon } from "../ui/icons";
import { LogoutButton } from "../ui/logout-button";
import { HEADER_LINK } from "./header-link";

const ITEM =
  "flex min-h-11 w-full items-center rounded-lg px-3 text-left text-soft hover:bg-raised hover:text-ink aria-[current=page]:text-ink";

export function AccountMenu({ account }: { account: Account }) {
  const { t } = useLanguage();
  const name = account.display_name || account.email;
  const pages: { to: NonNullable<LinkProps["to"]>; text: string }[] = [
    { to: "/my-list", text: t.nav.myList },
    { to: "/history", text: t.nav.history },
    { to: "/account", text: t.settings.title },
    ...(account.role === "viewer" ? [] : [{ to: "/admin", text: t.site.manage } as const]),
  ];
  return (
    <Disclosure
      label={t.nav.accountOf(name)}
      buttonClass={HEADER_LINK}
      button={
        <>
          <PersonIcon />
          <span className="max-w-32 truncate max-lg:hidden">{name}</span>
        </>
      }
    >
      <p className="truncate px-3 py-2 text-sm text-muted">{name}</p>
      <ul>
        {pages.map(({ to, text }) => (
          <li key={to}>
            <Link to={to} className={ITEM}>
              {text}
            </Link>
          </li>
        ))}
        <li className="mt-1.5 border-t border-line pt-1.5">
          <LogoutButton className={ITEM} />
        </li>
      </ul>
    </Disclosure>
  );
}
