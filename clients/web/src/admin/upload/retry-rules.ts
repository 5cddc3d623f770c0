/** When an upload that was answered with an error goes on by itself. */

import type { UploadPhase } from "./master-upload";

/** A new access token is tried so often before the upload waits for a person. */
const SIGN_IN_ATTEMPTS = 3;

/** Whether what this status says may be over in a moment. 0 is no answer at all; 507 is a full disk, which a person has to see to. */
export function mayPass(status: number): boolean {
  const isOfTheMoment = [0, 408, 409, 423, 429].includes(status);
  return isOfTheMoment || (status >= 500 && status !== 507);
}

/** Whether the access token may only have run out. */
export function mayBeSignedOut(status: number, attempt: number): boolean {
  return status === 401 && attempt < SIGN_IN_ATTEMPTS;
}

/** Whether an upload goes on when the computer is online again: if what stopped it for good may be over. */
export function goesOnOnline(phase: UploadPhase, failedWith: number): boolean {
  return phase === "failed" && mayPass(failedWith);
}
