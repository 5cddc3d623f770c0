import { Link } from "@tanstack/react-router";
import { useLanguage } from "../../i18n/language";
import { langOf } from "../../i18n/script";
import { Button } from "../../ui/button";
import { ClockIcon } from "../../ui/icons";
import { forgetSearches, useRecentSearches } from "./recent-searches";

export function RecentSearches() {
  const { t } = useLanguage();
  const searches = useRecentSearches();
  return searches.length === 0 ? null : (
    <section className="mt-8">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 className="text-lg font-semibold">{t.search.recent}</h2>
        <Button onClick={forgetSearches}>{t.search.forgetRecent}</Button>
      </div>
      <ul className="mt-2">
        {searches.map((text) => (
          <li key={text}>
            <Link
              to="/search"
              search={{ q: text }}
              className="flex min-h-11 items-center gap-3 rounded-lg px-2 hover:bg-panel"
            >
              <ClockIcon className="size-5 text-muted" />
              <span lang={langOf(text)} className="min-w-0 truncate">
                {text}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
