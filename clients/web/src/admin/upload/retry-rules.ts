/** The rules for retrying an upload automatically after an error. */

import type { UploadPhase } from "./file-upload";

/** The number of token refreshes before the upload waits for the user. */
const MAX_TOKEN_REFRESHES = 3;

/** Whether a retry may succeed after this status. 0: no response; 507: a full disk, which an operator must fix. */
export function isTransient(status: number): boolean {
  const isTemporary = [0, 408, 409, 423, 429].includes(status);
  return isTemporary || (status >= 500 && status !== 507);
}

/** Whether the access token may have expired. */
export function mayHaveExpiredToken(status: number, attempt: number): boolean {
  return status === 401 && attempt < MAX_TOKEN_REFRESHES;
}

/** Whether an upload resumes when the computer is online again: if it failed with a transient error. */
export function resumesOnline(phase: UploadPhase, failedWith: number): boolean {
  return phase === "failed" && isTransient(failedWith);
}
