import { useEditorLanguage } from "../i18n/editor";
import { ButtonLink } from "../ui/button";
import { PlusIcon } from "../ui/icons";

export function NewFilmLink() {
  const { t } = useEditorLanguage();
  return (
    <ButtonLink to="/admin/films/new" kind="primary">
      <PlusIcon className="size-5" />
      {t.admin.newFilm}
    </ButtonLink>
  );
}
