/** `/admin/pipeline`: all jobs that run, wait or failed, by stage, by worker and film by film. The page is live. */
import type { Job } from "@nang/api-client";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { titleOf } from "../../i18n/language";
import { percentOf } from "../../lib/format";
import { useTitle } from "../../lib/use-title";
import { api, useAccount } from "../../session";
import { Button } from "../../ui/button";
import { Meter } from "../../ui/meter";
import { ErrorNotice, InlineError, Working } from "../../ui/notice";
import { SelectField } from "../../ui/select-field";
import { useJobName } from "../job-name";
import { Chip } from "../status-chip";
import { useAction } from "../use-action";
import { useWorkEvents } from "../use-work-events";
import { byFilm, countByStage, type FilmJobs, STAGES } from "./board";
import { JobRow } from "./job-row";
import { RemoteWorkers } from "./remote-workers";

const REFRESH_MS = 3_000;
const URGENCIES = ["first", "normal", "last"] as const;
const STATES = ["running", "queued", "dead"] as const;
const KEY = "admin-pipeline";
/** A film has a job for each minute, so the others are behind a button. */
const FIRST_JOBS = 6;

const pipelineQuery = {
  queryKey: [KEY],
  queryFn: async ({ signal }: { signal: AbortSignal }) => {
    const pages = await Promise.all(
      STATES.map((state) => api.get("/api/admin/jobs", { query: { state, limit: 100 }, signal })),
    );
    return {
      jobs: pages.flatMap(({ items }) => items),
      isWhole: pages.every(({ next_cursor }) => next_cursor === null),
    };
  },
  staleTime: 0,
};

export function PipelinePage() {
  const { t } = useEditorLanguage();
  useTitle(t.pipeline.title);
  const isAdmin = useAccount()?.role === "admin";
  const client = useQueryClient();
  const board = useQuery({
    ...pipelineQuery,
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
  const connected = useWorkEvents((film) => client.setQueryData(["admin-film-title", film.id], film.titles));
  if (board.isPending) {
    return <Working label={t.player.loading} className="py-24" />;
  }
  if (!board.data) {
    return <ErrorNotice error={board.error} onRetry={() => board.refetch()} />;
  }
  const { jobs, isWhole } = board.data;
  const films = byFilm(jobs);
  return (
    <div className="space-y-8">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-2xl font-bold sm:text-3xl">{t.pipeline.title}</h1>
        {(!connected || board.isError) && (
          <span role="status" className="text-sm text-accent">
            {t.admin.reconnecting}
          </span>
        )}
      </div>
      <StageCounts jobs={jobs} />
      <Workers jobs={jobs.filter(({ state }) => state === "running")} />
      <section className="space-y-4">
        <h2 className="text-lg font-semibold">{t.pipeline.films}</h2>
        {films.length === 0 && (
          <p className="rounded-2xl border border-dashed border-line px-4 py-6 text-soft">
            {t.pipeline.idle}
          </p>
        )}
        {films.map((film) => (
          <FilmPanel key={film.filmId} film={film} onChanged={() => void board.refetch()} />
        ))}
        {!isWhole && <p className="text-sm text-muted">{t.pipeline.more}</p>}
      </section>
      {isAdmin && <RemoteWorkers />}
    </div>
  );
}

function StageCounts({ jobs }: { jobs: readonly Job[] }) {
  const { t } = useEditorLanguage();
  const counts = countByStage(jobs);
  return (
    <ol aria-label={t.pipeline.stages} className="grid gap-2 sm:grid-cols-3 sm:gap-3 xl:grid-cols-5">
      {STAGES.map((stage) => {
        const { running, queued, dead } = counts[stage];
        return (
          <li
            key={stage}
            className="flex flex-wrap items-baseline justify-between gap-x-4 rounded-2xl border border-line bg-stage px-4 py-2 sm:block sm:p-4"
          >
            <p className="font-semibold">{t.pipeline.stage[stage]}</p>
            <p className="flex flex-wrap gap-x-3 text-sm tabular-nums sm:mt-1 sm:block">
              <span className={running > 0 ? "block text-river" : "block text-muted"}>
                {t.film.jobState.running}: {running}
              </span>
              <span className="block text-muted">
                {t.film.jobState.queued}: {queued}
              </span>
              <span className={dead > 0 ? "block text-ember" : "block text-muted"}>
                {t.film.jobState.dead}: {dead}
              </span>
            </p>
          </li>
        );
      })}
    </ol>
  );
}

/** Each running job with the worker that has it. */
function Workers({ jobs }: { jobs: readonly Job[] }) {
  const { t } = useEditorLanguage();
  return (
    <section className="space-y-3">
      <h2 className="text-lg font-semibold">{t.pipeline.workers}</h2>
      {jobs.length === 0 && <p className="text-soft">{t.pipeline.noWork}</p>}
      <ul className="grid gap-3 md:grid-cols-2 empty:hidden">
        {jobs.map((job) => (
          <RunningJob key={job.id} job={job} />
        ))}
      </ul>
    </section>
  );
}

function RunningJob({ job }: { job: Job }) {
  const { t } = useEditorLanguage();
  const nameOf = useJobName();
  return (
    <li className="space-y-2 rounded-2xl bg-panel p-4">
      <p className="text-sm break-all text-muted">{job.worker ? t.pipeline.workerOf(job.worker) : "…"}</p>
      <p>
        <FilmLink filmId={job.film_id} /> · {nameOf(job)}
      </p>
      {job.progress_total > 0 && (
        <p className="flex items-center gap-3 text-sm tabular-nums">
          <Meter label={nameOf(job)} done={job.progress_done} total={job.progress_total} className="flex-1" />
          {percentOf(job.progress_done, job.progress_total)} %
        </p>
      )}
    </li>
  );
}

function FilmPanel({ film, onChanged }: { film: FilmJobs; onChanged(): void }) {
  const { t } = useEditorLanguage();
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? film.jobs : film.jobs.slice(0, FIRST_JOBS);
  const of = (state: Job["state"]) => film.jobs.filter((job) => job.state === state).length;
  return (
    <section className="rounded-3xl border border-line bg-stage p-4 sm:p-6">
      <h3 className="flex flex-wrap items-center gap-3 text-base font-semibold">
        <span className="mr-auto">
          <FilmLink filmId={film.filmId} />
        </span>
        {of("running") > 0 && (
          <Chip tone="busy">
            {t.film.jobState.running}: {of("running")}
          </Chip>
        )}
        {of("dead") > 0 && (
          <Chip tone="bad">
            {t.film.jobState.dead}: {of("dead")}
          </Chip>
        )}
        {of("queued") > 0 && (
          <Chip>
            {t.film.jobState.queued}: {of("queued")}
          </Chip>
        )}
      </h3>
      <UrgencyField jobs={film.jobs} onChanged={onChanged} />
      <ul className="mt-2 divide-y divide-line">
        {shown.map((job) => (
          <JobRow key={job.id} job={job} onChanged={onChanged} />
        ))}
      </ul>
      {shown.length < film.jobs.length && (
        <Button className="mt-3" onClick={() => setWhole(true)}>
          {t.pipeline.showAll(film.jobs.length)}
        </Button>
      )}
    </section>
  );
}

/** The order in which workers take the jobs of a film, for all jobs of an encoding at once. */
function UrgencyField({ jobs, onChanged }: { jobs: readonly Job[]; onChanged(): void }) {
  const { t } = useEditorLanguage();
  const { working, error, run } = useAction();
  const job = jobs.find(
    ({ state, build_id }) => build_id !== null && (state === "queued" || state === "running"),
  );
  if (!job) {
    return null;
  }
  const choose = (value: string) => {
    const urgency = URGENCIES.find((one) => one === value);
    if (urgency) {
      run(() =>
        api.put("/api/admin/jobs/{id}/urgency", { path: { id: job.id }, body: { urgency } }).then(onChanged),
      );
    }
  };
  return (
    <div className="mt-3 space-y-2">
      <SelectField
        className="max-w-52"
        label={t.pipeline.urgency}
        value={job.urgency}
        disabled={working}
        onChange={(event) => choose(event.currentTarget.value)}
        options={URGENCIES.map((value) => ({ value, label: t.pipeline.urgencies[value] }))}
      />
      <InlineError error={error} />
    </div>
  );
}

function FilmLink({ filmId }: { filmId: string }) {
  const { t, language } = useEditorLanguage();
  const { data } = useQuery({
    queryKey: ["admin-film-title", filmId],
    queryFn: async ({ signal }) =>
      (await api.get("/api/admin/films/{id}", { path: { id: filmId }, signal })).titles,
  });
  const title = data ? titleOf(data, language, t.films.untitled) : { text: "…", lang: language };
  return (
    <Link
      to="/admin/films/$id/{-$tab}"
      params={{ id: filmId }}
      lang={title.lang}
      className="underline decoration-line underline-offset-4 hover:decoration-current"
    >
      {title.text}
    </Link>
  );
}
