/** The uploads of masters, by film. */
import { useSyncExternalStore } from "react";
import { session } from "../../session";
import { FileUpload, type UploadState } from "./file-upload";
import { rememberUpload } from "./own-uploads";
import { UploadSet } from "./upload-set";

const uploads = new UploadSet();

export function startUpload(filmId: string, file: File, fileId: string | null = null): void {
  const upload = new FileUpload({ session, metadata: { film_id: filmId }, file, fileId });
  upload.subscribe(() => rememberUpload(upload.getState()));
  uploads.start(filmId, upload);
}

export function uploadOf(filmId: string): FileUpload | null {
  return uploads.get(filmId);
}

/** Removes a film's upload. From then on the page shows the server's record of the file. */
export function forgetUpload(filmId: string): void {
  uploads.forget(filmId);
}

/** Stops a film's upload and deletes it on the server. */
export function discardUpload(filmId: string): void {
  void uploads
    .get(filmId)
    ?.discard()
    .catch(() => undefined);
  uploads.forget(filmId);
}

export function useUpload(filmId: string): UploadState | null {
  return useUploads().get(filmId) ?? null;
}

/** All uploads of this page, by film. */
export function useUploads(): ReadonlyMap<string, UploadState> {
  return useSyncExternalStore(uploads.subscribe, uploads.getStates);
}
