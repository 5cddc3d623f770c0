/** Creates a film from a title and a file. The upload continues while the admin is on the film's page. */
import { ApiError, type Titles } from "@nang/api-client";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useEditorLanguage } from "../i18n/editor";
import { useTitle } from "../lib/use-title";
import { api } from "../session";
import { Button } from "../ui/button";
import { BackIcon } from "../ui/icons";
import { InlineError } from "../ui/notice";
import { ProfileField } from "./profile-field";
import { filledTitles, TitleFields, titlesFromFileName } from "./title-fields";
import { DropZone } from "./upload/drop-zone";
import { startUpload } from "./upload/uploads";

export function NewFilmPage() {
  const { t } = useEditorLanguage();
  useTitle(t.newFilm.title);
  const navigate = useNavigate();
  const [titles, setTitles] = useState<Titles>({});
  const [file, setFile] = useState<File | null>(null);
  const [profile, setProfile] = useState("");
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const choose = (chosen: File) => {
    setFile(chosen);
    if (!filledTitles(titles)) {
      setTitles(titlesFromFileName(chosen.name));
    }
  };
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
      const film = await api.post("/api/admin/films", {
        body: { titles: filled, ...(profile ? { profile } : {}) },
      });
      if (file) {
        startUpload(film.id, file);
      }
      await navigate({ to: "/admin/films/$id/{-$tab}", params: { id: film.id } });
    } catch (problem) {
      setError(problem);
      setWorking(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="mx-auto flex max-w-3xl flex-col gap-6">
      <div>
        <Link to="/admin/films" className="inline-flex min-h-11 items-center gap-2 text-soft hover:text-ink">
          <BackIcon className="size-5" />
          {t.film.back}
        </Link>
        <h1 className="text-2xl font-bold sm:text-3xl">{t.newFilm.title}</h1>
      </div>
      <section className="space-y-2">
        <TitleFields
          titles={titles}
          onChange={(changed) => {
            setTitles(changed);
            setError(null);
          }}
          problems={error instanceof ApiError ? error.fields : {}}
        />
        <p className="text-sm text-muted">{t.newFilm.titlesHint}</p>
      </section>
      <section className="space-y-2" aria-label={t.newFilm.file}>
        <h2 className="text-sm text-soft">{t.newFilm.file}</h2>
        <DropZone title={t.upload.dropTitle} hint={t.upload.dropHint} chosen={file} onFile={choose} />
      </section>
      <ProfileField value={profile} onChange={setProfile} />
      <InlineError error={error} />
      <Button type="submit" kind="primary" disabled={working} className="sm:self-start sm:px-8">
        {working ? t.newFilm.working : file ? t.newFilm.createAndUpload : t.newFilm.create}
      </Button>
    </form>
  );
}
