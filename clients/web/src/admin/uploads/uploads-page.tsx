/** `/admin/uploads`: the uploads of this page, and those that stopped, to resume with the same files. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { allItems } from "../../lib/all-items";
import { useTitle } from "../../lib/use-title";
import { api } from "../../session";
import { Button } from "../../ui/button";
import { InlineError } from "../../ui/notice";
import { RunningUpload, StoppedUpload } from "../upload/upload-panel";
import { discardUpload, forgetUpload, startUpload, uploadOf, useUploads } from "../upload/uploads";
import { DroppedSubtitles } from "./dropped-subtitles";
import { FilesDropZone } from "./files-drop-zone";
import { FilmName } from "./film-name";
import { PlanDialog } from "./plan-dialog";

const REFRESH_MS = 5_000;

export function UploadsPage() {
  const { t } = useEditorLanguage();
  useTitle(t.uploads.title);
  const [files, setFiles] = useState<readonly File[]>([]);
  const uploads = useUploads();
  const stored = useQuery({
    queryKey: ["admin-uploads"],
    queryFn: ({ signal }) =>
      allItems(api.pages("/api/admin/uploads", { query: { limit: 100 }, signal }).items()),
    staleTime: 0,
    refetchInterval: REFRESH_MS,
  });
  const ownFiles = new Set([...uploads.values()].map(({ fileId }) => fileId));
  const stopped = (stored.data ?? []).filter(
    ({ id, film_id, purpose }) => purpose === "master" && !ownFiles.has(id) && !uploads.has(film_id),
  );
  return (
    <div className="max-w-4xl space-y-8">
      <h1 className="text-2xl font-bold sm:text-3xl">{t.uploads.title}</h1>
      <FilesDropZone onFiles={setFiles} />
      {files.length > 0 && <PlanDialog files={files} onClose={() => setFiles([])} />}
      <section className="space-y-4">
        <h2 className="text-lg font-semibold">{t.uploads.here}</h2>
        {uploads.size === 0 && <p className="text-soft">{t.uploads.noneHere}</p>}
        <ul className="space-y-4">
          {[...uploads].map(([filmId, state]) => (
            <li key={filmId} className="space-y-3 rounded-3xl border border-line bg-stage p-4 sm:p-6">
              <FilmName filmId={filmId} />
              {state.phase === "done" ? (
                <div className="flex flex-wrap items-center justify-between gap-3">
                  <p className="text-leaf">{t.uploads.done(state.fileName)}</p>
                  <Button onClick={() => forgetUpload(filmId)}>{t.uploads.hide}</Button>
                </div>
              ) : (
                <RunningUpload
                  state={state}
                  upload={uploadOf(filmId)}
                  onDiscard={() => discardUpload(filmId)}
                />
              )}
            </li>
          ))}
        </ul>
      </section>
      <DroppedSubtitles />
      <section className="space-y-4">
        <h2 className="text-lg font-semibold">{t.uploads.stopped}</h2>
        <InlineError error={stored.error} />
        <p className="text-soft">{stopped.length === 0 ? t.uploads.noneStopped : t.uploads.stoppedText}</p>
        <ul className="space-y-4">
          {stopped.map((file) => (
            <li key={file.id} className="space-y-3 rounded-3xl border border-line bg-stage p-4 sm:p-6">
              <FilmName filmId={file.film_id} />
              <StoppedUpload
                file={file}
                onResume={(chosen) => startUpload(file.film_id, chosen, file.id)}
                onDiscarded={() => void stored.refetch()}
              />
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
