/** One job: what it does, how far it is, why it failed; its attempts; retrying and cancelling it. */
import type { Job } from "@nang/api-client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { percentOf } from "../../lib/format";
import { api } from "../../session";
import { Button, ConfirmButton } from "../../ui/button";
import { DateTime } from "../../ui/date-time";
import { InlineError, Working } from "../../ui/notice";
import { useJobName } from "../job-name";
import { Reason } from "../reason";
import { Chip } from "../status-chip";
import { useAction } from "../use-action";

const JOB_TONES = {
  queued: "plain",
  running: "busy",
  done: "good",
  dead: "bad",
  cancelled: "plain",
} as const;

interface JobRowProps {
  job: Job;
  onChanged(): void;
}

export function JobRow({ job, onChanged }: JobRowProps) {
  const { t } = useEditorLanguage();
  const nameOf = useJobName();
  const [isOpen, setOpen] = useState(false);
  const { working, error, run } = useAction();
  const path = { id: job.id };
  const change = (work: () => Promise<unknown>) => run(() => work().then(onChanged));
  const isUnfinished = job.state === "queued" || job.state === "running";
  return (
    <li className="space-y-2 py-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <span className="mr-auto">{nameOf(job)}</span>
        {job.attempts > 1 && (
          <span className="text-sm text-muted">{t.film.attempt(job.attempts, job.max_attempts)}</span>
        )}
        {job.state === "running" && job.progress_total > 0 && (
          <span className="text-sm text-muted tabular-nums">
            {percentOf(job.progress_done, job.progress_total)} %
          </span>
        )}
        <Chip tone={JOB_TONES[job.state]}>{t.film.jobState[job.state]}</Chip>
        <Button
          aria-expanded={isOpen}
          aria-label={`${t.pipeline.attempts}: ${nameOf(job)}`}
          onClick={() => setOpen(!isOpen)}
        >
          {t.pipeline.attempts}
        </Button>
        {job.state === "dead" && (
          <Button
            kind="primary"
            disabled={working}
            aria-label={`${t.film.retryJob}: ${nameOf(job)}`}
            onClick={() => change(() => api.post("/api/admin/jobs/{id}/retry", { path }))}
          >
            {t.film.retryJob}
          </Button>
        )}
        {isUnfinished && (
          <ConfirmButton
            label={t.film.cancel}
            name={`${t.film.cancel}: ${nameOf(job)}`}
            question={t.pipeline.cancelSure}
            yes={t.pipeline.cancelJob}
            no={t.film.keepEncoding}
            disabled={working}
            onConfirm={() => change(() => api.post("/api/admin/jobs/{id}/cancel", { path }))}
          />
        )}
      </div>
      {job.error && <Reason text={job.error} reason={job.reason} className="text-sm text-ember" />}
      <InlineError error={error} />
      {isOpen && <Attempts jobId={job.id} attempts={job.attempts} />}
    </li>
  );
}

function Attempts({ jobId, attempts }: { jobId: string; attempts: number }) {
  const { t } = useEditorLanguage();
  const { data, error, isPending } = useQuery({
    queryKey: ["admin-job", jobId, attempts],
    queryFn: ({ signal }) => api.get("/api/admin/jobs/{id}", { path: { id: jobId }, signal }),
    staleTime: 0,
  });
  if (isPending) {
    return <Working label={t.player.loading} className="justify-start!" />;
  }
  return (
    <div className="rounded-xl bg-night/40 p-3 text-sm">
      <InlineError error={error} />
      {data?.attempt_log.length === 0 && <p className="text-muted">{t.pipeline.noAttempts}</p>}
      <ol className="space-y-2">
        {data?.attempt_log.map((attempt) => (
          <li key={attempt.number}>
            <p>
              {t.pipeline.attempt(attempt.number)} · <DateTime at={attempt.started_at} /> ·{" "}
              {attempt.outcome === null ? t.film.jobState.running : t.pipeline.outcomes[attempt.outcome]}
            </p>
            <p className="break-all text-muted">{t.pipeline.workerOf(attempt.worker)}</p>
            {attempt.error && <Reason text={attempt.error} reason={attempt.reason} className="text-ember" />}
          </li>
        ))}
      </ol>
    </div>
  );
}
