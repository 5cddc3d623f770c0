/** The jobs of a film. The list is fetched again when a build changes its state or finishes a job. */
import type { AdminFilm, Job } from "@nang/api-client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEditorLanguage } from "../../i18n/editor";
import { api } from "../../session";
import { InlineError, Working } from "../../ui/notice";
import { JobRow } from "../pipeline/job-row";

export function JobRecords({ film }: { film: AdminFilm }) {
  const { t } = useEditorLanguage();
  const progress = film.builds.map((build) => `${build.state}${build.progress.jobs_done}`).join();
  const jobs = useQuery({
    queryKey: ["admin-film-jobs", film.id, progress],
    queryFn: ({ signal }) => api.get("/api/admin/jobs", { query: { film_id: film.id, limit: 100 }, signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  return (
    <section className="space-y-3">
      <h2 className="text-lg font-semibold">{t.film.jobsTitle}</h2>
      <InlineError error={jobs.error} />
      {jobs.isPending && <Working label={t.player.loading} />}
      <ul className="divide-y divide-line rounded-2xl bg-panel px-4 empty:hidden">
        {sortJobs(jobs.data?.items ?? []).map((job) => (
          <JobRow key={job.id} job={job} onChanged={() => void jobs.refetch()} />
        ))}
      </ul>
    </section>
  );
}

const KIND_ORDER: Job["kind"][] = [
  "purge",
  "collect",
  "publish",
  "encode_subtitles",
  "encode_chunk",
  "encode_audio",
  "plan",
  "analyse",
  "probe",
];

/** Sorts by step, the last one first, then by position in the film. */
function sortJobs(jobs: readonly Job[]): Job[] {
  return [...jobs].sort(
    (one, other) =>
      (other.build_id ?? "").localeCompare(one.build_id ?? "") ||
      KIND_ORDER.indexOf(one.kind) - KIND_ORDER.indexOf(other.kind) ||
      (one.index ?? 0) - (other.index ?? 0),
  );
}
