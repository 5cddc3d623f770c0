/** The title of a film as a link to its page. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { api } from "../../session";

export function FilmName({ filmId }: { filmId: string }) {
  const { t, language } = useEditorLanguage();
  const { data } = useQuery({
    queryKey: ["admin-film-title", filmId],
    queryFn: async ({ signal }) =>
      (await api.get("/api/admin/films/{id}", { path: { id: filmId }, signal })).titles,
  });
  const title = data ? titleOf(data, language, t.films.untitled) : null;
  return (
    <h3 lang={title?.lang} className="font-semibold">
      <Link
        to="/admin/films/$id/{-$tab}"
        params={{ id: filmId }}
        className="underline decoration-line underline-offset-4 hover:decoration-current"
      >
        {title?.text ?? "…"}
      </Link>
    </h3>
  );
}
