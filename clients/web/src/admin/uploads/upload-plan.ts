/**
 * What becomes of each dropped file: a new film, the master of a film that exists, the rest of an upload that stopped, subtitles of a
 * film, or nothing.
 */
import type { ItemOf, Titles } from "@nang/api-client";
import { titlesFromFileName } from "../title-fields";
import { isLanguageTag } from "../tracks/language-choice";
import { isSubtitleName, subtitleName } from "./subtitle-name";

export type StoppedFile = Pick<ItemOf<"/api/admin/uploads">, "id" | "film_id" | "name" | "size_bytes">;

export interface KnownFilm {
  id: string;
  titles: Titles;
  slug: string;
  /** The encoding that viewers see; null or absent if it has none. */
  build_id?: string | null;
}

/** The film of a subtitle file: one that exists, or the one that this file of the same drop becomes. */
export type SubtitleFilm = { filmId: string } | { dropped: File };

export type Plan =
  | { kind: "new"; titles: Titles }
  | { kind: "join"; filmId: string }
  | { kind: "resume"; filmId: string; fileId: string }
  | { kind: "subtitle"; of: SubtitleFilm; language: string }
  | { kind: "skip"; why: "no-film" | "empty" | "twice" | "chosen" | "no-film-of-subtitle" };

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
  const planned = files.map((file): PlannedFile => {
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
  return planned.map(({ file, plan }) =>
    file.size > 0 && isSubtitleName(file.name)
      ? { file, plan: subtitlePlan(file, planned, films) }
      : { file, plan },
  );
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
  const film = filmNamed(nameOf(file), films);
  return film ? { kind: "join", filmId: film.id } : { kind: "new", titles: titlesFromFileName(file.name) };
}

/** A film of the same drop comes before one that exists. */
function subtitlePlan(file: File, planned: readonly PlannedFile[], films: readonly KnownFilm[]): Plan {
  const { film, language } = subtitleName(file.name);
  const name = plainName(film);
  const dropped = planned.find((one) => isFilm(one.plan) && nameOf(one.file) === name);
  const known = filmNamed(name, films);
  const of = dropped ? filmOf(dropped) : known ? { filmId: known.id } : null;
  return of
    ? { kind: "subtitle", of, language: language ?? "" }
    : { kind: "skip", why: "no-film-of-subtitle" };
}

function isFilm({ kind }: Plan): boolean {
  return kind === "new" || kind === "join" || kind === "resume";
}

function filmOf({ file, plan }: PlannedFile): SubtitleFilm {
  const filmId = targetOf(plan);
  return filmId === null ? { dropped: file } : { filmId };
}

function nameOf(file: File): string {
  return plainName(Object.values(titlesFromFileName(file.name))[0] ?? "");
}

function filmNamed(name: string, films: readonly KnownFilm[]): KnownFilm | undefined {
  return films.find(({ titles, slug }) =>
    [slug, ...Object.values(titles)].some((title) => plainName(title) === name),
  );
}

/** A film has one upload at a time. */
function targetOf(plan: Plan): string | null {
  return plan.kind === "join" || plan.kind === "resume" ? plan.filmId : null;
}

/** Whether something becomes of a file. Subtitles need a language, and a film that is not skipped. */
export function isWanted({ plan }: PlannedFile, planned: readonly PlannedFile[]): boolean {
  if (plan.kind !== "subtitle") {
    return plan.kind !== "skip";
  }
  const { of, language } = plan;
  const hasFilm =
    "filmId" in of || planned.some(({ file, plan: other }) => file === of.dropped && other.kind === "new");
  return hasFilm && isLanguageTag(language);
}

/** The files after one of them became the master of a film, or the subtitles of it. Another try does not repeat it. */
export function begun(planned: readonly PlannedFile[], file: File, filmId: string): PlannedFile[] {
  return planned.map((one) => {
    const { plan } = one;
    if (one.file === file) {
      return { file, plan: { kind: "skip", why: "chosen" } };
    }
    const isOfIt = plan.kind === "subtitle" && "dropped" in plan.of && plan.of.dropped === file;
    return isOfIt ? { file: one.file, plan: { ...plan, of: { filmId } } } : one;
  });
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
