/**
 * The upload of one file over tus.
 *
 * The server keeps what it received, so the page keeps nothing: any page or computer can resume a stopped upload by its
 * URL. A lost connection is retried automatically; a refusal is shown with the server's text.
 */
import { parseProblem, type Session } from "@nang/api-client";
import { DetailedError, Upload } from "tus-js-client";
import { SteadyTime } from "../../lib/steady-time";
import { TransferRate } from "../../lib/transfer-rate";
import { isTransient, mayHaveExpiredToken, resumesOnline } from "./retry-rules";

const UPLOADS_PATH = "/api/admin/uploads";

/** The maximum size of one request, so that a proxy's limit or an expired token does not affect a whole film. */
const REQUEST_BYTES = 64 * 1024 * 1024;
const RETRY_DELAYS_MS = [0, 1_000, 2_000, 5_000, 10_000, ...Array.from({ length: 40 }, () => 20_000)];

/** `queued`: waits until other uploads of this page are done. */
export type UploadPhase = "queued" | "running" | "waiting" | "paused" | "failed" | "done";

export interface UploadState {
  phase: UploadPhase;
  fileName: string;
  sizeBytes: number;
  sentBytes: number;
  bytesPerSecond: number | null;
  remainingMs: number | null;
  /** The server's text; null if it sent none (no connection). */
  error: string | null;
  /** The server's id of the upload; null until it is created. */
  fileId: string | null;
}

export interface FileUploadOptions {
  session: Session;
  /** What the server needs to know about the file, besides its name. */
  metadata: Record<string, string>;
  file: File;
  /** The stopped upload to resume; null for a new upload. */
  fileId: string | null;
}

export class FileUpload {
  #state: UploadState;
  readonly #listeners = new Set<() => void>();
  readonly #upload: Upload;
  readonly #rate = new TransferRate();
  readonly #remaining = new SteadyTime();
  /** The status that made the upload fail; 0 if no response arrived. */
  #failedWith = 0;

  constructor({ session, metadata, file, fileId }: FileUploadOptions) {
    this.#state = {
      phase: "queued",
      fileName: file.name,
      sizeBytes: file.size,
      sentBytes: 0,
      bytesPerSecond: null,
      remainingMs: null,
      error: null,
      fileId,
    };
    this.#upload = new Upload(file, {
      ...(fileId === null ? { endpoint: UPLOADS_PATH } : { uploadUrl: `${UPLOADS_PATH}/${fileId}` }),
      metadata: { filename: file.name, ...metadata },
      chunkSize: REQUEST_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      storeFingerprintForResuming: false,
      onBeforeRequest: async (request) => {
        const token = await session.token();
        if (token !== null) {
          request.setHeader("Authorization", `Bearer ${token}`);
        }
      },
      onUploadUrlAvailable: () => this.#set({ fileId: this.#upload.url?.split("/").at(-1) ?? null }),
      onShouldRetry: (error, attempt) => this.#shouldRetry(session, error, attempt),
      onProgress: (sentBytes) => this.#onProgress(sentBytes),
      onSuccess: () => this.#set({ phase: "done", sentBytes: file.size, error: null }),
      onError: (error) => {
        this.#failedWith = statusOf(error);
        this.#set({ phase: "failed", error: reasonOf(error) });
      },
    });
    globalThis.addEventListener(
      "online",
      () => resumesOnline(this.#state.phase, this.#failedWith) && this.resume(),
    );
  }

  getState = (): UploadState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): void {
    this.#set({ phase: "running" });
    this.#upload.start();
  }

  pause(): void {
    void this.#upload.abort();
    this.#rate.restart();
    this.#set({ phase: "paused", bytesPerSecond: null, remainingMs: null });
  }

  resume(): void {
    this.#rate.restart();
    this.#set({ phase: "running", error: null });
    this.#upload.start();
  }

  /** Stops the upload and deletes it on the server. */
  async discard(): Promise<void> {
    // A paused upload does not resume when the computer is online again.
    this.#set({ phase: "paused" });
    await this.#upload.abort(true);
  }

  #onProgress(sentBytes: number): void {
    if (this.#state.phase === "paused") {
      return;
    }
    this.#rate.add(performance.now(), sentBytes);
    this.#set({
      phase: "running",
      sentBytes,
      bytesPerSecond: this.#rate.perSecond,
      remainingMs: this.#remaining.show(performance.now(), this.#rate.remainingMs(this.#state.sizeBytes)),
    });
  }

  #shouldRetry(session: Session, error: Error | DetailedError, attempt: number): boolean {
    const status = statusOf(error);
    const tokenExpired = mayHaveExpiredToken(status, attempt);
    if (tokenExpired) {
      void session.refresh().catch(() => false);
    }
    const retries = tokenExpired || (isTransient(status) && !isStorageFull(error));
    if (retries) {
      this.#rate.restart();
      this.#set({ phase: "waiting", bytesPerSecond: null, remainingMs: null });
    }
    return retries;
  }

  #set(change: Partial<UploadState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

function statusOf(error: Error | DetailedError): number {
  return error instanceof DetailedError ? (error.originalResponse?.getStatus() ?? 0) : 0;
}

function reasonOf(error: Error | DetailedError): string | null {
  const problem = problemOf(error);
  return problem?.detail ?? problem?.title ?? null;
}

/** A full disk does not pass by itself: a person frees space, then resumes the upload. */
function isStorageFull(error: Error | DetailedError): boolean {
  return problemOf(error)?.type === "urn:nang:problem:storage-full";
}

function problemOf(error: Error | DetailedError) {
  return parseProblem(error instanceof DetailedError ? (error.originalResponse?.getBody() ?? "") : "");
}
