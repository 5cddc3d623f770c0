/** What becomes of each dropped file: a new film, the master of a film that exists, the rest of an upload that stopped, or nothing. */
import type { ItemOf, Titles } from "@nang/api-client";
import { titlesFromFileName } from "../title-fields";

export type StoppedFile = Pick<ItemOf<"/api/admin/uploads">, "id" | "film_id" | "name" | "size_bytes">;

export interface KnownFilm {
  id: string;
  titles: Titles;
  slug: string;
  /** The encoding that viewers see; null or absent if it has none. */
  build_id?: string | null;
}

export type Plan =
  | { kind: "new"; titles: Titles }
  | { kind: "join"; filmId: string }
  | { kind: "resume"; filmId: string; fileId: string }
  | { kind: "skip"; why: "no-film" | "empty" | "twice" | "chosen" };

export interface PlannedFile {
  file: File;
  plan: Plan;
}

const FILM_NAME = /\.(mp4|mov|m4v|mkv|mxf|avi|webm|ts|mts|m2ts|mpg|mpeg|ogv|wmv|vob|dv|3gp|flv)$/i;

/** The guess for each file, which the editor can change. */
export function planFiles(
  files: readonly File[],
  films: readonly KnownFilm[],
  stopped: readonly StoppedFile[],
): PlannedFile[] {
  const taken = new Set<string>();
  return files.map((file) => {
    const plan = planOf(file, films, stopped);
    const target = targetOf(plan);
    if (target !== null && taken.has(target)) {
      return { file, plan: { kind: "skip", why: "twice" } };
    }
    if (target !== null) {
      taken.add(target);
    }
    return { file, plan };
  });
}

function planOf(file: File, films: readonly KnownFilm[], stopped: readonly StoppedFile[]): Plan {
  if (file.size === 0) {
    return { kind: "skip", why: "empty" };
  }
  const part = stopped.find(({ name, size_bytes }) => name === file.name && size_bytes === file.size);
  if (part) {
    return { kind: "resume", filmId: part.film_id, fileId: part.id };
  }
  if (!FILM_NAME.test(file.name) && !file.type.startsWith("video/")) {
    return { kind: "skip", why: "no-film" };
  }
  const titles = titlesFromFileName(file.name);
  const name = plainName(Object.values(titles)[0] ?? "");
  const film = films.find(({ titles: known, slug }) =>
    [slug, ...Object.values(known)].some((title) => plainName(title) === name),
  );
  return film ? { kind: "join", filmId: film.id } : { kind: "new", titles };
}

/** A film has one upload at a time. */
function targetOf(plan: Plan): string | null {
  return plan.kind === "join" || plan.kind === "resume" ? plan.filmId : null;
}

/** Without what names of masters have besides the title: the year, the size and the codec of the video, and punctuation. */
export function plainName(text: string): string {
  return text
    .toLowerCase()
    .replace(
      /\b(19|20)\d\d\b|\b(480|720|1080|2160)[pi]\b|\b[248]k\b|\b(master|final|prores|h264|h265|hevc|dcp)\b/g,
      " ",
    )
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, " ")
    .trim();
}
