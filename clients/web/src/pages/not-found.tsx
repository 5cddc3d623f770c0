import { useLanguage } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { ButtonLink } from "../ui/button";
import { FilmIcon } from "../ui/icons";
import { Notice } from "../ui/notice";

export function NotFoundPage() {
  const { t } = useLanguage();
  useTitle(t.site.notFound);
  return (
    <Notice icon={<FilmIcon className="size-10" />} title={t.site.notFound} text={t.site.notFoundHint}>
      <ButtonLink href="/" kind="primary">
        {t.site.home}
      </ButtonLink>
    </Notice>
  );
}
