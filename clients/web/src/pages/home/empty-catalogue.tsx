import { useLanguage } from "../../i18n/language";
import { useAccount } from "../../session";
import { ButtonLink } from "../../ui/button";
import { FilmIcon } from "../../ui/icons";
import { Notice } from "../../ui/notice";

/** A site without films. The way to the editors' pages is shown to those who may be editors. */
export function EmptyCatalogue() {
  const { t } = useLanguage();
  const account = useAccount();
  return (
    <Notice icon={<FilmIcon className="size-10" />} title={t.films.emptyTitle} text={t.films.emptyText}>
      {account?.role !== "viewer" && (
        <>
          <p className="w-full text-sm text-muted">{t.films.emptyAdmin}</p>
          <ButtonLink to={account ? "/admin/films/new" : "/admin"} kind={account ? "primary" : "secondary"}>
            {account ? t.films.addFirst : t.site.manage}
          </ButtonLink>
        </>
      )}
    </Notice>
  );
}
