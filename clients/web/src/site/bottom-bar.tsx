/** The main pages at the lower edge of a phone's screen. */
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useLanguage } from "../i18n/language";
import { BookmarkIcon, FilmIcon, HomeIcon, PersonIcon, SearchIcon } from "../ui/icons";

export function BottomBar() {
  const { t } = useLanguage();
  return (
    <>
      <div className="bottom-bar-space md:hidden short:hidden" aria-hidden="true" />
      <nav
        aria-label={t.nav.main}
        className="bottom-bar fixed inset-x-0 bottom-0 z-10 flex border-t border-line bg-stage/95 backdrop-blur md:hidden short:static"
      >
        <BarLink to="/" icon={<HomeIcon className="size-5" />} label={t.nav.home} />
        <BarLink to="/films" icon={<FilmIcon className="size-5" />} label={t.nav.films} />
        <BarLink to="/search" icon={<SearchIcon className="size-5" />} label={t.nav.search} />
        <BarLink to="/my-list" icon={<BookmarkIcon className="size-5" />} label={t.nav.listShort} />
        <BarLink to="/account" icon={<PersonIcon className="size-5" />} label={t.nav.account} />
      </nav>
    </>
  );
}

interface BarLinkProps {
  to: NonNullable<LinkProps["to"]>;
  icon: ReactNode;
  label: string;
}

function BarLink({ to, icon, label }: BarLinkProps) {
  return (
    <Link
      to={to}
      activeOptions={{ exact: true, includeSearch: false }}
      className="flex min-w-0 flex-1 flex-col items-center justify-center px-0.5 text-muted aria-[current=page]:text-accent-strong"
    >
      {icon}
      <span className="max-w-full truncate text-xs leading-relaxed">{label}</span>
    </Link>
  );
}
