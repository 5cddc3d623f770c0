/**
 * Requests for subtitle files. The typed client sends and receives only JSON, and `fetch` does not report the progress of an
 * upload, which takes long on slow links; XMLHttpRequest does.
 */
import { ApiError, parseProblem, type Session } from "@nang/api-client";
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
  const text = await request(session, {
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
  return request(session, { method: "GET", url: `${path}?format=${format}` });
}

function searchOf(query: SubtitleQuery): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

interface Request {
  method: "GET" | "POST" | "PUT";
  url: string;
  body?: Blob;
  onProgress?: (sentBytes: number) => void;
  signal?: AbortSignal;
}

/** Like the client, repeats the request once with another access token after a 401. */
async function request(session: Session, options: Request): Promise<string> {
  const token = await session.accessToken();
  try {
    return await send(options, token?.value ?? null);
  } catch (error) {
    const isRefused = error instanceof ApiError && error.status === 401;
    if (isRefused && token !== null && (await session.replace(token))) {
      return await send(options, await session.token());
    }
    throw error;
  }
}

function send({ method, url, body, onProgress, signal }: Request, token: string | null): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new DOMException("The request was aborted", "AbortError"));
      return;
    }
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    xhr.open(method, url);
    if (token !== null) {
      xhr.setRequestHeader("Authorization", `Bearer ${token}`);
    }
    if (body) {
      xhr.setRequestHeader("Content-Type", "application/octet-stream");
    }
    xhr.upload.onprogress = ({ loaded }) => onProgress?.(loaded);
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) {
        resolve(xhr.responseText);
      } else {
        const requestId = xhr.getResponseHeader("X-Request-Id");
        reject(new ApiError(xhr.status, parseProblem(xhr.responseText), { requestId }));
      }
    };
    xhr.onerror = () => reject(new ApiError(0, null));
    xhr.onabort = () => reject(new DOMException("The request was aborted", "AbortError"));
    xhr.onloadend = () => signal?.removeEventListener("abort", abort);
    signal?.addEventListener("abort", abort);
    xhr.send(body ?? null);
  });
}
