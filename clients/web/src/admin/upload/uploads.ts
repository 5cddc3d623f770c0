/** The uploads of this page, by film. They continue when the admin opens another film. */
import { useCallback, useSyncExternalStore } from "react";
import { texts } from "../../i18n/language";
import { session } from "../../session";
import { MasterUpload, type UploadState } from "./master-upload";

const uploads = new Map<string, MasterUpload>();
const listeners = new Set<() => void>();

export function startUpload(filmId: string, file: File, fileId: string | null = null): void {
  const upload = new MasterUpload({ session, filmId, file, fileId });
  uploads.set(filmId, upload);
  upload.subscribe(notify);
  upload.start();
  notify();
}

export function uploadOf(filmId: string): MasterUpload | null {
  return uploads.get(filmId) ?? null;
}

/** Removes a film's upload. From then on the page shows the server's record of the file. */
export function forgetUpload(filmId: string): void {
  uploads.delete(filmId);
  notify();
}

export function useUpload(filmId: string): UploadState | null {
  const read = useCallback(() => uploads.get(filmId)?.getState() ?? null, [filmId]);
  return useSyncExternalStore(subscribe, read);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function notify(): void {
  for (const listener of listeners) {
    listener();
  }
}

globalThis.addEventListener("beforeunload", (event) => {
  const isUploading = [...uploads.values()].some((upload) =>
    ["running", "waiting"].includes(upload.getState().phase),
  );
  if (isUploading) {
    event.preventDefault();
    event.returnValue = texts().upload.leave;
  }
});
