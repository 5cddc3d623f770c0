/** Where a film stands on its way to viewers, read from what the server says about it. */
import type { AdminFilm, Build, FilmFile } from "@nang/api-client";

export type Stage = "empty" | "uploading" | "checking" | "encoding" | "publishing" | "ready" | "failed";

export interface FilmStage {
  stage: Stage;
  /** The newest file, whatever became of it. */
  file: FilmFile | null;
  /** The newest build, whatever became of it. */
  build: Build | null;
  /** Why the newest attempt came to nothing; the film itself may still be ready in an older version. */
  failure: string | null;
  /** The file itself was refused, so that trying again cannot help. */
  fileRefused: boolean;
  /** There is something to watch. */
  playable: boolean;
}

export function stageOf(film: AdminFilm): FilmStage {
  const file = newest(film.files);
  const build = newest(film.builds);
  const buildIsOfFile = build !== null && file !== null && build.file_id === file.id;
  const fileRefused = file?.state === "refused";
  const failure =
    (film.status === "failed" ? film.failure : null) ??
    (fileRefused ? file.note : null) ??
    (build?.state === "failed" && (buildIsOfFile || file?.state !== "uploaded") ? build.failure : null);
  return {
    stage: stage(film, file, build),
    file,
    build,
    failure,
    fileRefused,
    playable: film.build_id !== null,
  };
}

function stage(film: AdminFilm, file: FilmFile | null, build: Build | null): Stage {
  if (file?.state === "uploading") {
    return "uploading";
  }
  if (build?.state === "encoding" || build?.state === "publishing") {
    return build.state;
  }
  return film.status === "processing" ? "checking" : film.status;
}

/** Ids are UUIDv7: the newest sorts last even among things made in the same second. */
function newest<T extends { id: string; created_at: string }>(things: readonly T[]): T | null {
  return things.reduce<T | null>((last, thing) => (last === null || thing.id > last.id ? thing : last), null);
}

/** Newest first, for lists. */
export function newestFirst<T extends { id: string }>(things: readonly T[]): T[] {
  return [...things].sort((one, other) => (one.id < other.id ? 1 : -1));
}
