/** The presentations of a film, newest first. An editor can show an earlier one again. */
import { type AdminFilm, isAbort } from "@nang/api-client";
import { useCallback, useEffect, useRef, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { api } from "../../session";
import { Button } from "../../ui/button";
import { ErrorNotice, InlineError, Working } from "../../ui/notice";
import type { Version } from "./version-changes";
import { VersionRow } from "./version-row";

const FIRST = 5;

export function VersionSection({ film }: { film: Pick<AdminFilm, "id" | "presentation_id"> }) {
  const { t } = useEditorLanguage();
  const { versions, loadError, reload } = useVersions(film.id, film.presentation_id);
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [message, setMessage] = useState("");
  const [all, setAll] = useState(false);
  const status = useRef<HTMLParagraphElement>(null);
  const shown = versions?.find(({ is_shown }) => is_shown) ?? null;
  const listed = all ? versions : versions?.filter((version, index) => index < FIRST || version.is_shown);

  const show = async (version: Version) => {
    setWorking(true);
    setError(null);
    setMessage("");
    try {
      const path = { id: film.id, presentation: version.id };
      await api.post("/api/admin/films/{id}/presentations/{presentation}/show", { path });
      setMessage(t.versions.nowShown(version.number));
      status.current?.focus();
    } catch (problem) {
      setError(problem);
    }
    await reload();
    setWorking(false);
  };
  return (
    <section
      aria-labelledby="versions-title"
      className="space-y-4 rounded-3xl border border-line bg-stage p-4 sm:p-8"
    >
      <div className="space-y-1">
        <h2 id="versions-title" className="text-lg font-semibold">
          {t.versions.title}
        </h2>
        <p className="text-soft">{t.versions.intro}</p>
      </div>
      <InlineError error={error} />
      <p ref={status} role="status" tabIndex={-1} className="text-leaf empty:hidden">
        {message}
      </p>
      {!versions &&
        (loadError ? (
          <ErrorNotice heading="h2" error={loadError} onRetry={() => void reload()} />
        ) : (
          <Working label={t.player.loading} />
        ))}
      {versions?.length === 0 && <p className="text-soft">{t.versions.empty}</p>}
      <ol className="space-y-3">
        {listed?.map((version) => (
          <VersionRow
            key={version.id}
            version={version}
            shown={shown}
            working={working}
            onShow={() => void show(version)}
          />
        ))}
      </ol>
      {versions && listed && listed.length < versions.length && (
        <Button onClick={() => setAll(true)}>{t.versions.more(versions.length - listed.length)}</Button>
      )}
    </section>
  );
}

interface Versions {
  versions: Version[] | null;
  loadError: unknown;
  reload(): Promise<void>;
}

/** The list is loaded again when the film shows another presentation. Until then the former list stays on the page. */
function useVersions(filmId: string, presentationId: string | null): Versions {
  const [versions, setVersions] = useState<Version[] | null>(null);
  const [loadError, setLoadError] = useState<unknown>(null);
  const requests = useRef(0);
  const reload = useCallback(async () => {
    requests.current += 1;
    const request = requests.current;
    try {
      const { items } = await api.get("/api/admin/films/{id}/presentations", { path: { id: filmId } });
      if (request === requests.current) {
        setVersions(items);
        setLoadError(null);
      }
    } catch (error) {
      if (request === requests.current && !isAbort(error)) {
        setLoadError(error);
      }
    }
  }, [filmId]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another presentation is a new entry of the list
  useEffect(() => {
    void reload();
  }, [reload, presentationId]);
  return { versions, loadError, reload };
}
