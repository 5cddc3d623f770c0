/** Answers of routes that the generated client does not know yet. */
import type { Titles } from "@nang/api-client";
import { session } from "../session";
import { sendFile } from "./send-file";

export interface DeskFilm {
  film_id: string;
  titles: Titles;
  part_id: string | null;
  at: string | null;
  detail: string | null;
}
export interface DeskList {
  count: number;
  films: DeskFilm[];
}
export const DESK_LISTS = [
  "damaged",
  "failed",
  "stopped_uploads",
  "unpublished",
  "opening",
  "closing",
] as const;
export type DeskListName = (typeof DESK_LISTS)[number];
export type Desk = Record<DeskListName, DeskList> & {
  storage: { free_bytes: number | null; min_free_bytes: number | null; fault: string | null };
  queue: { queued: number; running: number; dead: number; workers: number; waiting_since: string | null };
};
export interface Figure {
  film_id: string;
  titles: Titles;
  day: string;
  device: string;
  plays: number;
  completed: number;
  watched_ms: number;
  duration_ms: number | null;
}
export interface Figures {
  first_day: string;
  last_day: string;
  items: Figure[];
}
export interface Settings {
  server_version: string;
  items: { key: string; value: string | null; is_default: boolean }[];
}

async function read<T>(url: string, signal?: AbortSignal): Promise<T> {
  return JSON.parse(await sendFile(session, { method: "GET", url, ...(signal && { signal }) })) as T;
}

export const readDesk = (signal?: AbortSignal) => read<Desk>("/api/admin/desk", signal);
export const readFigures = (query: string, signal?: AbortSignal) =>
  read<Figures>(`/api/admin/figures?${query}`, signal);
export const readSettings = (signal?: AbortSignal) => read<Settings>("/api/admin/settings", signal);

export const URGENCIES = ["first", "normal", "last"] as const;
export type Urgency = (typeof URGENCIES)[number];

/** What jobs have besides what the generated client knows. */
export interface JobNews {
  urgency?: Urgency;
  /** Null if no worker runs the job. */
  worker?: string | null;
}

/** For all jobs of the job's build. */
export async function setUrgency(jobId: string, urgency: Urgency): Promise<void> {
  await sendFile(session, {
    method: "PUT",
    url: `/api/admin/jobs/${encodeURIComponent(jobId)}/urgency`,
    body: new Blob([JSON.stringify({ urgency })]),
    contentType: "application/json",
  });
}
