/** Requests for subtitle files. */
import type { Session } from "@nang/api-client";
import { sendFile } from "../send-file";
import type { AcceptedSubtitle, SubtitleQuery } from "./track-types";

export interface SubtitleUpload {
  filmId: string;
  /** The track whose file is replaced; null for a new track. */
  trackId: string | null;
  query: SubtitleQuery;
  file: File;
  onProgress(sentBytes: number): void;
  signal: AbortSignal;
}

export async function sendSubtitle(session: Session, upload: SubtitleUpload): Promise<AcceptedSubtitle> {
  const { filmId, trackId, query, file, onProgress, signal } = upload;
  const track = trackId === null ? "subtitles" : `${encodeURIComponent(trackId)}/subtitle`;
  const text = await sendFile(session, {
    method: trackId === null ? "POST" : "PUT",
    url: `/api/admin/films/${encodeURIComponent(filmId)}/tracks/${track}?${searchOf(query)}`,
    body: file,
    onProgress,
    signal,
  });
  return JSON.parse(text) as AcceptedSubtitle;
}

export type SubtitleFormat = "vtt" | "srt";

/** The cues of a track as a file. A link cannot send the access token, so the page fetches the file and saves it itself. */
export function getSubtitle(
  session: Session,
  filmId: string,
  trackId: string,
  format: SubtitleFormat,
): Promise<string> {
  const path = `/api/admin/films/${encodeURIComponent(filmId)}/tracks/${encodeURIComponent(trackId)}/subtitle`;
  return sendFile(session, { method: "GET", url: `${path}?format=${format}` });
}

function searchOf(query: SubtitleQuery): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}
