/** The stage of a film on its way to viewers, derived from the server's data. */
import type { AdminFilm, Build, FailureReason, FilmFile } from "@nang/api-client";

export type Stage =
  | "empty"
  | "uploading"
  | "checking"
  | "analysing"
  | "encoding"
  | "publishing"
  | "ready"
  | "damaged"
  | "cancelled"
  | "failed";

export interface FilmStage {
  stage: Stage;
  /** The newest file, in any state. */
  file: FilmFile | null;
  /** The newest build of a master, in any state. */
  build: Build | null;
  /** The newest build that waits for a decision because its master is damaged. */
  held: Build | null;
  /** Why the newest attempt failed; an older version of the film may still be ready. */
  failure: string | null;
  /** The same by its code. */
  reason: FailureReason | null;
  /** An editor cancelled the newest encoding or the check of the file, which is no failure. */
  isCancelled: boolean;
  /** The file itself was refused, so a retry cannot succeed. */
  fileRefused: boolean;
  /** The film has a finished build. */
  playable: boolean;
}

/** The failure of a film whose work was cancelled. */
const CANCELLED: readonly FailureReason["code"][] = ["encoding_cancelled", "reading_cancelled"];
/** The same as earlier versions of the server wrote it. */
const CANCELLED_TEXTS = ["The encode was cancelled.", "Reading the master was cancelled."];

export function stageOf(film: AdminFilm): FilmStage {
  const file = newest(film.files);
  const build = newest(film.builds.filter(({ kind }) => kind === "film"));
  const buildIsOfFile = build !== null && file !== null && build.file_id === file.id;
  const fileRefused = file?.state === "refused";
  const isCancelled = build?.state === "cancelled" || (film.status === "failed" && wasCancelled(film));
  const buildFailed = build?.state === "failed" && (buildIsOfFile || file?.state !== "uploaded");
  const [failure, reason] = [
    film.status === "failed" ? ([film.failure, film.reason] as const) : null,
    fileRefused ? ([file.note, file.reason] as const) : null,
    buildFailed ? ([build.failure, build.reason] as const) : null,
  ].find((why) => !isCancelled && why !== null && why[0] !== null) ?? [null, null];
  return {
    stage: stage(film, file, build, isCancelled),
    file,
    build,
    held: newest(film.builds.filter(({ state }) => state === "damaged")),
    failure,
    reason,
    isCancelled,
    fileRefused,
    playable: film.build_id !== null,
  };
}

function wasCancelled({ failure, reason }: AdminFilm): boolean {
  return reason === null ? CANCELLED_TEXTS.includes(failure ?? "") : CANCELLED.includes(reason.code);
}

function stage(film: AdminFilm, file: FilmFile | null, build: Build | null, isCancelled: boolean): Stage {
  if (file?.state === "uploading") {
    return "uploading";
  }
  if (build?.state === "analysing" || build?.state === "encoding" || build?.state === "publishing") {
    return build.state;
  }
  if (build?.state === "damaged" && film.status !== "processing") {
    return "damaged";
  }
  if (isCancelled && film.status === "failed") {
    return "cancelled";
  }
  return film.status === "processing" ? "checking" : film.status;
}

/** Ids are UUIDv7, so the newest sorts last, even within one second. */
function newest<T extends { id: string; created_at: string }>(items: readonly T[]): T | null {
  return items.reduce<T | null>((last, item) => (last === null || item.id > last.id ? item : last), null);
}

/** Sorts newest first. */
export function newestFirst<T extends { id: string }>(items: readonly T[]): T[] {
  return [...items].sort((one, other) => (one.id < other.id ? 1 : -1));
}
