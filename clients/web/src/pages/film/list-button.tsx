/** Adds the film to the viewer's list and removes it. Without an account it leads to logging in. */
import type { Film } from "@nang/api-client";
import { useWatchlistChange } from "../../catalogue/use-watchlist";
import { useLanguage } from "../../i18n/language";
import { useAccount } from "../../session";
import { useReturnAddress } from "../../site/return-address";
import { Button, ButtonLink } from "../../ui/button";
import { BookmarkedIcon, BookmarkIcon } from "../../ui/icons";
import { InlineError } from "../../ui/notice";

export function ListButton({ film }: { film: Film }) {
  const { t } = useLanguage();
  const account = useAccount();
  const to = useReturnAddress();
  const { in_watchlist: isIn } = film;
  const change = useWatchlistChange();
  if (!account) {
    return (
      <ButtonLink to="/login" search={to} title={t.filmPage.listNeedsAccount}>
        <BookmarkIcon className="size-5" />
        {t.filmPage.add}
      </ButtonLink>
    );
  }
  return (
    <>
      <Button
        aria-pressed={isIn === true}
        disabled={isIn === null}
        onClick={() => change.mutate({ film, add: !isIn })}
        title={isIn ? t.filmPage.remove : undefined}
      >
        {isIn ? <BookmarkedIcon className="size-5 text-accent" /> : <BookmarkIcon className="size-5" />}
        {isIn ? t.filmPage.added : t.filmPage.add}
      </Button>
      <InlineError error={change.error} />
    </>
  );
}
