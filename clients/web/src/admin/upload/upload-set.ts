/** The uploads of this page for one purpose, by a key. They continue when the editor opens another page. */
import { editorTexts } from "../../i18n/editor";
import type { FileUpload, UploadState } from "./file-upload";

const MAX_ACTIVE = 2;

export class UploadSet {
  readonly #uploads = new Map<string, FileUpload>();
  readonly #listeners = new Set<() => void>();
  #states: ReadonlyMap<string, UploadState> = new Map();

  constructor() {
    globalThis.addEventListener("beforeunload", (event) => {
      const isUploading = [...this.#states.values()].some(({ phase }) =>
        ["queued", "running", "waiting"].includes(phase),
      );
      if (isUploading) {
        event.preventDefault();
        event.returnValue = editorTexts().upload.leave;
      }
    });
  }

  start(key: string, upload: FileUpload): void {
    this.#uploads.set(key, upload);
    upload.subscribe(this.#notify);
    this.#notify();
  }

  get(key: string): FileUpload | null {
    return this.#uploads.get(key) ?? null;
  }

  /** Removes an upload. From then on the page shows the server's record of the file. */
  forget(key: string): void {
    this.#uploads.delete(key);
    this.#notify();
  }

  /** The states of all uploads; the same map until one of them changes. */
  getStates = (): ReadonlyMap<string, UploadState> => this.#states;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly #notify = (): void => {
    this.#startNext();
    this.#states = new Map([...this.#uploads].map(([key, upload]) => [key, upload.getState()]));
    for (const listener of this.#listeners) {
      listener();
    }
  };

  /** Few at a time, so that on a slow link the first films are complete soon. */
  #startNext(): void {
    const uploads = [...this.#uploads.values()];
    const isActive = (upload: FileUpload) => ["running", "waiting"].includes(upload.getState().phase);
    const next = uploads.find((upload) => upload.getState().phase === "queued");
    if (next && uploads.filter(isActive).length < MAX_ACTIVE) {
      // Its own notification starts the one after it.
      next.start();
    }
  }
}
