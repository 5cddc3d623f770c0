import { useLanguage } from "../../i18n/language";
import { useAccount } from "../../session";
import { ButtonLink } from "../../ui/button";
import { FilmIcon } from "../../ui/icons";
import { Notice } from "../../ui/notice";

/** A site without films. Editors see the way to add the first one; a visitor, who may be an editor, the way to log in. */
export function EmptyCatalogue() {
  const { t } = useLanguage();
  const account = useAccount();
  return (
    <Notice icon={<FilmIcon className="size-10" />} title={t.films.emptyTitle} text={t.films.emptyText}>
      {account === null && <ButtonLink to="/login">{t.login.title}</ButtonLink>}
      {account !== null && account.role !== "viewer" && (
        <ButtonLink to="/admin/films/new" kind="primary">
          {t.films.addFirst}
        </ButtonLink>
      )}
    </Notice>
  );
}
