/** Creates a film from a title and a file. The upload continues while the admin is on the film's page. */
import { ApiError, type Titles } from "@nang/api-client";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useCallback, useState } from "react";
import { useEditorLanguage } from "../i18n/editor";
import { useResource } from "../lib/use-resource";
import { useTitle } from "../lib/use-title";
import { api } from "../session";
import { Button } from "../ui/button";
import { BackIcon } from "../ui/icons";
import { InlineError } from "../ui/notice";
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
      await navigate({ to: "/admin/films/$id", params: { id: film.id } });
    } catch (problem) {
      setError(problem);
      setWorking(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="mx-auto flex max-w-3xl flex-col gap-6">
      <div>
        <Link to="/admin" className="inline-flex min-h-11 items-center gap-2 text-soft hover:text-ink">
          <BackIcon className="size-5" />
          {t.film.back}
        </Link>
        <h1 className="text-2xl font-bold sm:text-3xl">{t.newFilm.title}</h1>
      </div>
      <section className="space-y-2">
        <TitleFields
          titles={titles}
          onChange={setTitles}
          problems={error instanceof ApiError ? error.fields : {}}
        />
        <p className="text-sm text-muted">{t.newFilm.titlesHint}</p>
      </section>
      <section className="space-y-2" aria-label={t.newFilm.file}>
        <h2 className="text-sm text-soft">{t.newFilm.file}</h2>
        <DropZone title={t.upload.dropTitle} hint={t.upload.dropHint} chosen={file} onFile={choose} />
      </section>
      <ProfileChoice value={profile} onChange={setProfile} />
      <InlineError error={error} />
      <Button type="submit" kind="primary" disabled={working} className="sm:self-start sm:px-8">
        {working ? t.newFilm.working : file ? t.newFilm.createAndUpload : t.newFilm.create}
      </Button>
    </form>
  );
}

/** Chooses the encoding profile. Hidden if there is only one; the server's default is preselected. */
function ProfileChoice({ value, onChange }: { value: string; onChange(name: string): void }) {
  const { t } = useEditorLanguage();
  const load = useCallback((signal: AbortSignal) => api.get("/api/admin/profiles", { signal }), []);
  const { resource } = useResource(load);
  if (resource.status !== "ready" || resource.value.items.length < 2) {
    return null;
  }
  const profiles = resource.value.items;
  const chosen = value || (profiles.find(({ name }) => name === "default") ?? profiles[0])?.name;
  return (
    <fieldset>
      <legend className="mb-1 text-sm text-soft">{t.newFilm.profile}</legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {profiles.map(({ name, description }) => (
          <label
            key={name}
            className="flex items-start gap-3 rounded-2xl border border-line bg-stage p-4 hover:border-muted has-checked:border-lamp has-checked:bg-panel has-focus-visible:outline-3 has-focus-visible:outline-lamp-bright"
          >
            <input
              type="radio"
              name="profile"
              value={name}
              checked={name === chosen}
              onChange={() => onChange(name)}
              className="mt-1.5 size-4 shrink-0 accent-lamp"
            />
            <span>
              <span className="block font-semibold">{name}</span>
              <span className="text-sm text-muted">{description}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
