/** The uploads of dubs that this page runs. */
import { useSyncExternalStore } from "react";
import { session } from "../../session";
import { FileUpload, type UploadState } from "../upload/file-upload";
import { UploadSet } from "../upload/upload-set";

/** What browsers' file dialogs show: audio, and films, whose audio is used. */
export const DUB_FILES =
  "audio/*,video/*,.wav,.w64,.rf64,.flac,.aac,.m4a,.mka,.ac3,.eac3,.mkv,.mxf,.mov,.mp4,.ts,.mpg,.avi,.webm";

const uploads = new UploadSet();
let started = 0;

/** Starts the upload of a dub, or resumes a stopped one. Returns its key on this page. */
export function startDub(metadata: Record<string, string>, file: File, fileId: string | null = null): string {
  started += 1;
  const key = String(started);
  uploads.start(key, new FileUpload({ session, metadata, file, fileId }));
  return key;
}

export function dubUpload(key: string): FileUpload | null {
  return uploads.get(key);
}

/** Stops an upload on this page. The server keeps what it has, until the dub is removed. */
export function forgetDub(key: string): void {
  uploads.get(key)?.pause();
  uploads.forget(key);
}

export function useDubUploads(): ReadonlyMap<string, UploadState> {
  return useSyncExternalStore(uploads.subscribe, uploads.getStates);
}
