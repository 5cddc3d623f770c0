/** Why a film could not be prepared, in the server's words, what the admin can do, and the failed jobs to retry. */
import type { AdminFilm, Job } from "@nang/api-client";
import { useCallback } from "react";
import { useEditorLanguage } from "../i18n/editor";
import { useResource } from "../lib/use-resource";
import { api } from "../session";
import { Button } from "../ui/button";
import { AlertIcon } from "../ui/icons";
import { InlineError } from "../ui/notice";
import { EncodeAgain } from "./film-page/encode-again";
import { stageOf } from "./film-stage";
import { useJobName } from "./job-name";
import { Reason } from "./reason";
import { useAction } from "./use-action";

export function FailureReport({ film }: { film: AdminFilm }) {
  const { t } = useEditorLanguage();
  const { failure, reason, file, fileRefused, playable } = stageOf(film);
  return (
    <section role="alert" className="space-y-4 rounded-2xl border border-ember/50 bg-ember/8 p-4 sm:p-6">
      <h2 className="flex items-center gap-3 text-lg font-semibold text-ember">
        <AlertIcon className="size-6" />
        {t.film.failedTitle}
      </h2>
      {failure !== null && (
        <Reason text={failure} reason={reason} className="rounded-xl bg-night/60 px-4 py-3" />
      )}
      {playable && <p className="text-soft">{t.film.olderShown}</p>}
      <p className="text-soft">{fileRefused ? t.film.failedFile : t.film.failedJob}</p>
      {!fileRefused && <DeadJobs film={film} />}
      {!fileRefused && file?.state === "uploaded" && <EncodeAgain fileId={file.id} />}
    </section>
  );
}

function DeadJobs({ film }: { film: AdminFilm }) {
  const { t } = useEditorLanguage();
  const load = useCallback(
    (signal: AbortSignal) =>
      api.get("/api/admin/jobs", { query: { film_id: film.id, state: "dead" }, signal }),
    [film.id],
  );
  const { resource } = useResource(load);
  if (resource.status === "failed") {
    return <InlineError error={resource.error} />;
  }
  if (resource.status === "loading" || resource.value.items.length === 0) {
    return null;
  }
  return (
    <div>
      <h3 className="mb-2 text-sm text-muted">{t.film.deadJobs}</h3>
      <ul className="space-y-2">
        {resource.value.items.map((job) => (
          <DeadJob key={job.id} job={job} />
        ))}
      </ul>
    </div>
  );
}

function DeadJob({ job }: { job: Job }) {
  const { t } = useEditorLanguage();
  const nameOf = useJobName();
  const { working, error, run } = useAction();
  const retry = () => run(() => api.post("/api/admin/jobs/{id}/retry", { path: { id: job.id } }));
  return (
    <li className="space-y-2 rounded-xl bg-night/40 p-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div className="min-w-0 flex-1">
          <p className="font-semibold">{nameOf(job)}</p>
          <p className="text-sm text-muted">{t.film.attempt(job.attempts, job.max_attempts)}</p>
        </div>
        <Button kind="primary" disabled={working} onClick={retry}>
          {t.film.retryJob}
        </Button>
      </div>
      {job.error && <Reason text={job.error} reason={job.reason} className="text-sm text-soft" />}
      <InlineError error={error} />
    </li>
  );
}
