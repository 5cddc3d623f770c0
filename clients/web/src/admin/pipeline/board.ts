/** The jobs of all films, arranged for the pipeline page: by stage, and film by film. */
import type { Job } from "@nang/api-client";

export const STAGES = ["check", "analyse", "encode", "finish", "tidy"] as const;
export type PipelineStage = (typeof STAGES)[number];

const STAGE_OF: Record<Job["kind"], PipelineStage> = {
  probe: "check",
  analyse: "analyse",
  plan: "analyse",
  encode_chunk: "encode",
  encode_audio: "encode",
  encode_subtitles: "encode",
  publish: "finish",
  collect: "tidy",
  purge: "tidy",
};

export interface StageCount {
  running: number;
  queued: number;
  dead: number;
}

export interface FilmJobs {
  filmId: string;
  /** Running jobs first, then failed ones, then those that wait, each in the order in which they are worked on. */
  jobs: Job[];
}

export function stageOfJob({ kind }: Pick<Job, "kind">): PipelineStage {
  return STAGE_OF[kind];
}

export function countByStage(jobs: readonly Job[]): Record<PipelineStage, StageCount> {
  const counts = Object.fromEntries(
    STAGES.map((stage) => [stage, { running: 0, queued: 0, dead: 0 }]),
  ) as Record<PipelineStage, StageCount>;
  for (const job of jobs) {
    if (job.state === "running" || job.state === "queued" || job.state === "dead") {
      counts[stageOfJob(job)][job.state] += 1;
    }
  }
  return counts;
}

const STATE_ORDER: Job["state"][] = ["running", "dead", "queued", "cancelled", "done"];

/** Films with running jobs first, then those with failed ones, then by the age of their oldest job. */
export function byFilm(jobs: readonly Job[]): FilmJobs[] {
  const films = new Map<string, Job[]>();
  for (const job of jobs) {
    films.set(job.film_id, [...(films.get(job.film_id) ?? []), job]);
  }
  const rank = (state: Job["state"]) => STATE_ORDER.indexOf(state);
  const sorted = [...films].map(([filmId, own]) => ({
    filmId,
    jobs: own.toSorted(
      (one, other) =>
        rank(one.state) - rank(other.state) ||
        other.priority - one.priority ||
        STAGES.indexOf(stageOfJob(one)) - STAGES.indexOf(stageOfJob(other)) ||
        (one.index ?? 0) - (other.index ?? 0),
    ),
  }));
  const first = ({ jobs: own }: FilmJobs) => rank(own[0]?.state ?? "done");
  const oldest = ({ jobs: own }: FilmJobs) => own.map(({ id }) => id).toSorted()[0] ?? "";
  return sorted.toSorted(
    (one, other) => first(one) - first(other) || oldest(one).localeCompare(oldest(other)),
  );
}
