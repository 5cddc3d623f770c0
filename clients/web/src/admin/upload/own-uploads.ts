/**
 * The uploads that this tab began, remembered across a reload: what the server stores of them afterwards was still on its way, and does
 * not come from another page or computer.
 */
import { storageOrNull } from "../../lib/storage";
import type { UploadState } from "./file-upload";

const KEY = "nang.own-uploads";

export function rememberUpload({ fileId, phase }: UploadState): void {
  if (fileId === null) {
    return;
  }
  const known = ownUploads();
  const isOver = phase === "done";
  if (known.includes(fileId) === isOver) {
    const next = isOver ? known.filter((id) => id !== fileId) : [...known, fileId];
    storageOrNull("sessionStorage")?.setItem(KEY, next.join(" "));
  }
}

export function isOwnUpload(fileId: string): boolean {
  return ownUploads().includes(fileId);
}

function ownUploads(): string[] {
  return (storageOrNull("sessionStorage")?.getItem(KEY) ?? "").split(" ").filter((id) => id !== "");
}
