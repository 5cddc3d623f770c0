/** The uploads of masters, by film. */
import { useSyncExternalStore } from "react";
import { session } from "../../session";
import { FileUpload, type UploadState } from "./file-upload";
import { UploadSet } from "./upload-set";

const uploads = new UploadSet();

export function startUpload(filmId: string, file: File, fileId: string | null = null): void {
  uploads.start(filmId, new FileUpload({ session, metadata: { film_id: filmId }, file, fileId }));
}

export function uploadOf(filmId: string): FileUpload | null {
  return uploads.get(filmId);
}

/** Removes a film's upload. From then on the page shows the server's record of the file. */
export function forgetUpload(filmId: string): void {
  uploads.forget(filmId);
}

export function useUpload(filmId: string): UploadState | null {
  return useSyncExternalStore(uploads.subscribe, uploads.getStates).get(filmId) ?? null;
}
