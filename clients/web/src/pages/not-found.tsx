/** An address without a page. A film for members has none for visitors, so the page offers to log in. */
import { ApiError } from "@nang/api-client";
import { useLanguage } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { useAccount } from "../session";
import { useReturnAddress } from "../site/return-address";
import { ButtonLink } from "../ui/button";
import { FilmIcon } from "../ui/icons";
import { ErrorNotice, Notice } from "../ui/notice";

export function NotFoundPage({ mayBeForMembers = false }: { mayBeForMembers?: boolean }) {
  const { t } = useLanguage();
  const account = useAccount();
  const to = useReturnAddress();
  useTitle(t.site.notFound);
  const offersLogin = mayBeForMembers && account === null;
  return (
    <Notice icon={<FilmIcon className="size-10" />} title={t.site.notFound} text={t.site.notFoundHint}>
      {offersLogin && <p className="w-full text-soft">{t.filmPage.maybeMembers}</p>}
      {offersLogin && (
        <ButtonLink to="/login" search={to} kind="primary">
          {t.login.title}
        </ButtonLink>
      )}
      <ButtonLink to="/" kind={offersLogin ? "secondary" : "primary"}>
        {t.site.home}
      </ButtonLink>
    </Notice>
  );
}

/** In place of a page whose content could not be loaded. */
export function LoadFailure({ error, onRetry }: { error: unknown; onRetry(): unknown }) {
  const isMissing = error instanceof ApiError && (error.status === 404 || error.status === 400);
  return isMissing ? (
    <NotFoundPage mayBeForMembers />
  ) : (
    <ErrorNotice error={error} onRetry={() => onRetry()} />
  );
}
