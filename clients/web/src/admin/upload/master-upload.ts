/**
 * One master on its way to the server, over tus.
 *
 * The server keeps what arrived, so nothing is kept here: an upload that stopped is taken up by its address, from any
 * page or computer. A lost link is retried by itself; what the server refuses is shown in its own words.
 */
import { parseProblem, type Session } from "@nang/api-client";
import { DetailedError, Upload } from "tus-js-client";
import { TransferRate } from "../../lib/transfer-rate";
import { goesOnOnline, mayBeSignedOut, mayPass } from "./retry-rules";

const UPLOADS_PATH = "/api/admin/uploads";

/** One request carries at most this much, so that a proxy's limit or a token's end never meets a whole film. */
const REQUEST_BYTES = 64 * 1024 * 1024;
const RETRY_DELAYS_MS = [0, 1_000, 2_000, 5_000, 10_000, ...Array.from({ length: 40 }, () => 20_000)];

export type UploadPhase = "running" | "waiting" | "paused" | "failed" | "done";

export interface UploadState {
  phase: UploadPhase;
  fileName: string;
  sizeBytes: number;
  sentBytes: number;
  bytesPerSecond: number | null;
  remainingMs: number | null;
  /** The server's words, or null if there are none (no connection). */
  error: string | null;
}

export interface MasterUploadOptions {
  session: Session;
  filmId: string;
  file: File;
  /** The stopped upload to go on with. */
  fileId: string | null;
}

export class MasterUpload {
  #state: UploadState;
  readonly #listeners = new Set<() => void>();
  readonly #upload: Upload;
  readonly #rate = new TransferRate();
  /** Status of the answer that made it fail; 0 if there was none. */
  #failedWith = 0;

  constructor({ session, filmId, file, fileId }: MasterUploadOptions) {
    this.#state = {
      phase: "running",
      fileName: file.name,
      sizeBytes: file.size,
      sentBytes: 0,
      bytesPerSecond: null,
      remainingMs: null,
      error: null,
    };
    this.#upload = new Upload(file, {
      ...(fileId === null ? { endpoint: UPLOADS_PATH } : { uploadUrl: `${UPLOADS_PATH}/${fileId}` }),
      metadata: { filename: file.name, film_id: filmId },
      chunkSize: REQUEST_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      storeFingerprintForResuming: false,
      onBeforeRequest: async (request) => {
        const token = await session.token();
        if (token !== null) {
          request.setHeader("Authorization", `Bearer ${token}`);
        }
      },
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
      () => goesOnOnline(this.#state.phase, this.#failedWith) && this.resume(),
    );
  }

  getState = (): UploadState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): void {
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

  /** Stops, and has the server throw away what arrived. */
  async discard(): Promise<void> {
    // Not to be begun again when the computer is online.
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
      remainingMs: this.#rate.remainingMs(this.#state.sizeBytes),
    });
  }

  #shouldRetry(session: Session, error: Error | DetailedError, attempt: number): boolean {
    const status = statusOf(error);
    const signedOut = mayBeSignedOut(status, attempt);
    if (signedOut) {
      void session.refresh().catch(() => false);
    }
    const retries = signedOut || (mayPass(status) && !isStorageFull(error));
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
