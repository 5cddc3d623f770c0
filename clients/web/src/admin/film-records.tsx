/** The details of a film: its masters, its encodings with their renditions, its jobs. Collapsed at first. */
import type { AdminFilm, Build, FilmFile, Job, Level, Rendition } from "@nang/api-client";
import { useCallback, useState } from "react";
import type { EditorDictionary } from "../i18n/editor";
import { useEditorLanguage } from "../i18n/editor";
import { bitrate, byteSize, decibels, percentOf } from "../lib/format";
import { useResource } from "../lib/use-resource";
import { api } from "../session";
import { DateTime } from "../ui/date-time";
import { InlineError, Working } from "../ui/notice";
import { newestFirst } from "./film-stage";
import { useJobName } from "./job-name";
import { SubtitleNotes, UnusedStreams } from "./master-streams";
import { Chip, type Tone } from "./status-chip";

export function FilmRecords({ film }: { film: AdminFilm }) {
  const { t } = useEditorLanguage();
  const [open, setOpen] = useState(false);
  return (
    <details
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="rounded-3xl border border-line bg-stage"
    >
      <summary className="min-h-14 px-4 py-4 font-semibold sm:px-8">{t.film.details}</summary>
      {open && (
        <div className="space-y-8 px-4 pb-6 sm:px-8">
          <section className="space-y-3">
            <h3 className="text-sm text-muted">{t.film.files}</h3>
            {film.files.length === 0 && <p>{t.film.noFiles}</p>}
            <ul className="space-y-2">
              {newestFirst(film.files).map((file) => (
                <FileRecord key={file.id} file={file} />
              ))}
            </ul>
          </section>
          <section className="space-y-3">
            <h3 className="text-sm text-muted">{t.film.builds}</h3>
            {film.builds.length === 0 && <p>{t.film.noBuilds}</p>}
            <ul className="space-y-4">
              {newestFirst(film.builds).map((build) => (
                <BuildRecord key={build.id} build={build} inUse={build.id === film.build_id} />
              ))}
            </ul>
          </section>
          <JobRecords film={film} />
        </div>
      )}
    </details>
  );
}

const FILE_TONES: Record<FilmFile["state"], Tone> = {
  uploading: "busy",
  uploaded: "good",
  duplicate: "plain",
  refused: "bad",
  expired: "plain",
};

function FileRecord({ file }: { file: FilmFile }) {
  const { t } = useEditorLanguage();
  return (
    <li className="space-y-1 rounded-2xl bg-panel p-4">
      <p className="flex flex-wrap items-center justify-between gap-2">
        <span className="min-w-0 font-semibold break-all">{file.name}</span>
        <Chip tone={FILE_TONES[file.state]}>{t.film.fileState[file.state]}</Chip>
      </p>
      <p className="text-sm text-muted">
        <DateTime at={file.created_at} /> ·{" "}
        {file.state === "uploading"
          ? t.upload.of(byteSize(file.received_bytes), byteSize(file.size_bytes))
          : byteSize(file.size_bytes)}
      </p>
      {file.note && (
        <p lang="en" className="text-sm break-words">
          {file.note}
        </p>
      )}
      <UnusedStreams file={file} />
      {file.sha256 && <p className="font-mono text-xs break-all text-muted">SHA-256 {file.sha256}</p>}
    </li>
  );
}

const BUILD_TONES: Record<Build["state"], Tone> = {
  analysing: "busy",
  encoding: "busy",
  publishing: "busy",
  ready: "good",
  damaged: "wait",
  failed: "bad",
  cancelled: "plain",
  superseded: "plain",
};

function BuildRecord({ build, inUse }: { build: Build; inUse: boolean }) {
  const { t } = useEditorLanguage();
  const { frames_done, frames_total, jobs_done, jobs_total } = build.progress;
  const ready = build.state === "ready" || build.state === "damaged";
  return (
    <li className="space-y-3 rounded-2xl bg-panel p-4">
      <p className="flex flex-wrap items-center gap-2">
        <span className="mr-auto font-semibold">
          {t.film.buildKind[build.kind]}
          {build.profile !== "" && ` · ${build.profile}`} · <DateTime at={build.created_at} />
        </span>
        {inUse && <Chip tone="good">{t.film.inUse}</Chip>}
        {!(build.state === "ready" && inUse) && (
          <Chip tone={BUILD_TONES[build.state]}>{t.film.buildState[build.state]}</Chip>
        )}
      </p>
      {build.failure && (
        <p lang="en" className="text-sm break-words text-ember">
          {build.failure}
        </p>
      )}
      {!ready && (
        <p className="text-sm text-muted tabular-nums">
          {percentOf(frames_done, frames_total)} % · {t.film.jobs(jobs_done, jobs_total)}
        </p>
      )}
      {ready && build.renditions.length > 0 && <RenditionTable build={build} />}
      <SubtitleNotes build={build} />
    </li>
  );
}

function RenditionTable({ build }: { build: Build }) {
  const { t } = useEditorLanguage();
  return (
    <div className="overflow-x-auto">
      <table className="w-full min-w-md text-left text-sm tabular-nums">
        <thead className="text-muted">
          <tr className="*:py-1 *:pr-4 *:font-normal">
            <th>{t.film.rendition}</th>
            <th>{t.film.average}</th>
            <th>{t.film.peak}</th>
            <th>{t.film.size}</th>
            <th>{t.film.codecs}</th>
            <th>{t.film.loudness}</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {build.renditions.map((rendition) => (
            <tr key={rendition.name} className="*:py-1.5 *:pr-4 *:whitespace-nowrap">
              <td className="font-semibold">
                {renditionLabel(rendition, t.player.audio, t.tracks.subtitles)}
                {rendition.width !== null && rendition.height !== null && (
                  <span className="font-normal text-muted">
                    {" "}
                    {rendition.width}×{rendition.height}
                  </span>
                )}
              </td>
              <td>{rendition.average_bps === null ? "–" : bitrate(rendition.average_bps)}</td>
              <td>{rendition.peak_bps === null ? "–" : bitrate(rendition.peak_bps)}</td>
              <td>{rendition.size_bytes === null ? "–" : byteSize(rendition.size_bytes)}</td>
              <td className="text-muted">{rendition.codecs ?? "–"}</td>
              <td>{rendition.level ? levelText(rendition.level, t) : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {build.renditions.some(({ level }) => level?.is_limited) && (
        <p className="pt-2 text-sm text-muted">* {t.film.limited}</p>
      )}
    </div>
  );
}

/** `−31.2 LUFS, gain +8.2 dB`; a star if the gain is limited by the true peak. */
function levelText(level: Level, t: EditorDictionary): string {
  if (level.integrated_lufs === null) {
    return t.film.silent;
  }
  const text = t.film.level(decibels(level.integrated_lufs), decibels(level.gain_db));
  return level.is_limited ? `${text} *` : text;
}

/** `720p`, as in the quality menu of the player. */
function renditionLabel({ kind, name, width, height }: Rendition, audio: string, subtitles: string): string {
  if (kind !== "video") {
    return `${kind === "audio" ? audio : subtitles} ${name}`;
  }
  return width !== null && height !== null ? `${Math.min(width, height)}p` : name;
}

const JOB_TONES = {
  queued: "plain",
  running: "busy",
  done: "good",
  dead: "bad",
  cancelled: "plain",
} as const;

/** The list is fetched again when a build changes its state or finishes a job. */
function JobRecords({ film }: { film: AdminFilm }) {
  const { t } = useEditorLanguage();
  const nameOf = useJobName();
  const progressKey = film.builds.map((build) => `${build.state}${build.progress.jobs_done}`).join();
  const load = useCallback(
    (signal: AbortSignal) =>
      api
        .get("/api/admin/jobs", { query: { film_id: film.id, limit: 100 }, signal })
        .then((page) => ({ ...page, progressKey })),
    [film.id, progressKey],
  );
  const { resource } = useResource(load);
  return (
    <section className="space-y-3">
      <h3 className="text-sm text-muted">{t.film.jobsTitle}</h3>
      {resource.status === "failed" && <InlineError error={resource.error} />}
      {resource.status === "loading" && <Working label={t.player.loading} />}
      {resource.status === "ready" && (
        <ul className="divide-y divide-line rounded-2xl bg-panel px-4">
          {sortJobs(resource.value.items).map((job) => (
            <li key={job.id} className="py-2">
              <p className="flex flex-wrap items-center gap-x-4 gap-y-1">
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
              </p>
              {job.error && (
                <p lang="en" className="text-sm break-words text-ember">
                  {job.error}
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
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
