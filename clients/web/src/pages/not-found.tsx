/** What stands in place of a page: nothing is at the address, the page is for members, or it could not be loaded. */
import { ApiError } from "@nang/api-client";
import { useLanguage } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { useReturnAddress } from "../site/return-address";
import { ButtonLink } from "../ui/button";
import { FilmIcon, LockIcon } from "../ui/icons";
import { ErrorNotice, Notice } from "../ui/notice";

export function NotFoundPage() {
  const { t } = useLanguage();
  useTitle(t.site.notFound);
  return (
    <Notice icon={<FilmIcon className="size-10" />} title={t.site.notFound} text={t.site.notFoundHint}>
      <ButtonLink to="/" kind="primary">
        {t.site.home}
      </ButtonLink>
      <ButtonLink to="/search">{t.search.title}</ButtonLink>
    </Notice>
  );
}

/** A film for members, opened by a visitor: logging in leads back to it. */
function MembersOnly() {
  const { t } = useLanguage();
  const to = useReturnAddress();
  useTitle(t.filmPage.membersTitle);
  return (
    <Notice
      icon={<LockIcon className="size-10" />}
      title={t.filmPage.membersTitle}
      text={t.filmPage.membersText}
    >
      <ButtonLink to="/login" search={to} kind="primary">
        {t.login.title}
      </ButtonLink>
      <ButtonLink to="/">{t.site.home}</ButtonLink>
    </Notice>
  );
}

/** In place of a page whose content could not be loaded. */
export function LoadFailure({ error, onRetry }: { error: unknown; onRetry(): unknown }) {
  const status = error instanceof ApiError ? error.status : null;
  switch (status) {
    case 400:
    case 404:
      return <NotFoundPage />;
    case 401:
      return <MembersOnly />;
    default:
      return <ErrorNotice error={error} onRetry={() => onRetry()} />;
  }
}
