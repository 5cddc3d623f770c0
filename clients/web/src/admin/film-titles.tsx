/** A film's titles, and the form that changes them. */
import { type AdminFilm, ApiError, type Titles } from "@nang/api-client";
import { type FormEvent, useState } from "react";
import { useEditorLanguage } from "../i18n/editor";
import { secondTitleOf, titleOf } from "../i18n/language";
import { api } from "../session";
import { Button } from "../ui/button";
import { EditIcon } from "../ui/icons";
import { InlineError } from "../ui/notice";
import { filledTitles, TitleFields } from "./title-fields";

interface FilmTitlesProps {
  film: AdminFilm;
  onChanged(film: AdminFilm): void;
  onReload(): void;
}

export function FilmTitles({ film, onChanged, onReload }: FilmTitlesProps) {
  const { t, language } = useEditorLanguage();
  const [editing, setEditing] = useState(false);
  const title = titleOf(film.titles, language, t.films.untitled);
  const second = secondTitleOf(film.titles, language);
  if (editing) {
    return (
      <TitleForm film={film} onChanged={onChanged} onReload={onReload} onClose={() => setEditing(false)} />
    );
  }
  return (
    <div className="flex items-start justify-between gap-3">
      <div className="min-w-0">
        <h1 lang={title.lang} className="text-2xl font-bold break-words sm:text-4xl">
          {title.text}
        </h1>
        {second && (
          <p lang={second.lang} className="mt-1 text-lg text-soft">
            {second.text}
          </p>
        )}
      </div>
      <button
        type="button"
        aria-label={t.film.editTitles}
        onClick={() => setEditing(true)}
        className="flex min-h-11 min-w-11 shrink-0 items-center justify-center gap-2 rounded-full border border-line px-3 text-sm text-soft hover:bg-panel hover:text-ink"
      >
        <EditIcon className="size-5" />
        <span className="max-sm:sr-only">{t.film.editTitles}</span>
      </button>
    </div>
  );
}

function TitleForm({ film, onChanged, onReload, onClose }: FilmTitlesProps & { onClose(): void }) {
  const { t } = useEditorLanguage();
  const [titles, setTitles] = useState<Titles>(film.titles);
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const filled = filledTitles(titles);
    if (!filled) {
      setError(t.newFilm.needTitle);
      return;
    }
    setWorking(true);
    setError(null);
    try {
      onChanged(await changeFilm(film, { titles: filled }));
      onClose();
    } catch (problem) {
      const isStale = problem instanceof ApiError && problem.status === 412;
      setError(isStale ? t.film.staleVersion : problem);
      setWorking(false);
      if (isStale) {
        onReload();
      }
    }
  };
  return (
    <form
      onSubmit={(event) => void submit(event)}
      className="space-y-4 rounded-3xl border border-line bg-stage p-4 sm:p-6"
    >
      <TitleFields
        titles={titles}
        onChange={setTitles}
        problems={error instanceof ApiError ? error.fields : {}}
      />
      <InlineError error={error} />
      <div className="flex flex-wrap gap-3">
        <Button type="submit" kind="primary" disabled={working}>
          {working ? t.film.saving : t.film.save}
        </Button>
        <Button onClick={onClose}>{t.film.cancel}</Button>
      </div>
    </form>
  );
}

/** Changes a film only if it still has the version that is shown here. */
export function changeFilm(
  film: Pick<AdminFilm, "id" | "version">,
  change: { titles?: Titles; visibility?: AdminFilm["visibility"] },
): Promise<AdminFilm> {
  return api.patch("/api/admin/films/{id}", {
    path: { id: film.id },
    header: { "If-Match": `"${film.version}"` },
    body: change,
  });
}
