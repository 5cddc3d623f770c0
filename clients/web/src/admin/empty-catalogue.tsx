import { useEditorLanguage } from "../i18n/editor";
import { FilmIcon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { NewFilmLink } from "./new-film-link";

/** In place of the desk and the table before there is a film. */
export function EmptyCatalogue() {
  const { t } = useEditorLanguage();
  return (
    <Notice icon={<FilmIcon className="size-10" />} title={t.admin.emptyTitle} text={t.admin.emptyText}>
      <NewFilmLink />
    </Notice>
  );
}
