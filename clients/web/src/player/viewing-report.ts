/**
 * Tells the server of one viewing: where it is, what was really watched, that it is over.
 *
 * What was watched it takes from the video element alone, so that it tells what was seen and not what was meant. A
 * session that nothing was watched in is not reported, or looking at a film's page would move the place where its viewer
 * stopped.
 */
import type { HeartbeatEvent, HeartbeatReceipt } from "@nang/api-client";
import { randomUuid } from "../lib/uuid";
import { onVideo } from "./video-element";
import { WatchedStretch } from "./watched-stretch";

export interface ReportOutbox {
  add(sessionId: string, ownerId: string | null, event: HeartbeatEvent): void;
  send(onReceipt: (sessionId: string, receipt: HeartbeatReceipt) => void): Promise<void>;
  sendLastWords(sessionId: string): void;
}

/** The server takes a session for over that it has not heard of in two minutes. */
const BEAT_EVERY_MS = 10_000;

export class ViewingReport {
  readonly #video: HTMLVideoElement;
  readonly #outbox: ReportOutbox;
  readonly #onOver: (wasRunning: boolean) => void;
  readonly #stretch = new WatchedStretch();
  #session: { id: string; ownerId: string | null } | null = null;
  #hasWatched = false;
  /** The server has heard of the session and let it go on. */
  #isRunning = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * `onOver`: the session was ended elsewhere, while it was running or before it was first heard of (the film's page was
   * opened in another tab). Listens until `signal` aborts.
   */
  constructor(
    video: HTMLVideoElement,
    outbox: ReportOutbox,
    onOver: (wasRunning: boolean) => void,
    signal: AbortSignal,
  ) {
    this.#video = video;
    this.#outbox = outbox;
    this.#onOver = onOver;
    const on = (names: (keyof HTMLMediaElementEventMap)[], listener: () => void) =>
      onVideo(video, signal, names, listener);
    on(["playing", "seeked"], () => this.#run());
    on(["timeupdate"], () => this.#move());
    on(["seeking", "emptied"], () => this.#halt("playing"));
    on(["pause"], () => {
      this.#move();
      this.#halt("paused");
      this.#send();
    });
    signal.addEventListener("abort", () => clearInterval(this.#timer));
  }

  /** From now on this session is reported of. */
  begin(id: string, ownerId: string | null): void {
    if (this.#session?.id !== id) {
      this.#session = { id, ownerId };
      this.#hasWatched = false;
      this.#isRunning = false;
    }
    if (this.#video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) {
      this.#run(); // The picture moves already: the film is watched again, or goes on in a new session.
    }
  }

  /** The page may not come back: what is known goes out now. */
  hurry(): void {
    this.#tell(this.#video.paused ? "paused" : "playing");
    if (this.#session && this.#hasWatched) {
      this.#outbox.sendLastWords(this.#session.id);
    }
  }

  /** The viewing is over. False if there is nothing to report of, and the session must be ended in another way. */
  end(): boolean {
    const session = this.#session;
    const isReported = session !== null && this.#hasWatched;
    this.#tell("ended");
    this.#stop();
    this.#session = null;
    if (!isReported) {
      return false;
    }
    this.#outbox.sendLastWords(session.id);
    return true;
  }

  #run(): void {
    const { paused, seeking, currentTime } = this.#video;
    if (paused || seeking || !this.#session) {
      return;
    }
    if (!this.#stretch.isRunning) {
      clearInterval(this.#timer);
      this.#timer = setInterval(() => this.#beat(), BEAT_EVERY_MS);
    }
    this.#stretch.begin(currentTime);
    if (!this.#hasWatched) {
      // At once: until it is heard of, the session counts as a page that was loaded and left again.
      this.#hasWatched = true;
      this.#beat();
    }
  }

  #move(): void {
    if (!this.#video.seeking) {
      this.#stretch.moveTo(this.#video.currentTime);
    }
  }

  #beat(): void {
    const isStarved = this.#video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    this.#tell(isStarved ? "buffering" : "playing");
    this.#send();
  }

  /** Without a look at the element, which is somewhere else already. */
  #halt(state: HeartbeatEvent["state"]): void {
    if (this.#stretch.isRunning) {
      this.#add(state);
      this.#stop();
    }
  }

  #stop(): void {
    this.#stretch.stop();
    clearInterval(this.#timer);
  }

  #tell(state: HeartbeatEvent["state"]): void {
    if (this.#stretch.isRunning) {
      this.#move();
    } else if (this.#video.readyState > HTMLMediaElement.HAVE_NOTHING) {
      this.#stretch.place(this.#video.currentTime);
    }
    this.#add(state);
  }

  #add(state: HeartbeatEvent["state"]): void {
    if (this.#session && this.#hasWatched) {
      const { id, ownerId } = this.#session;
      const at = new Date().toISOString();
      this.#outbox.add(id, ownerId, { event_id: randomUuid(), at, state, ...this.#stretch.take() });
    }
  }

  #send(): void {
    void this.#outbox.send((sessionId, { ended_at }) => {
      if (this.#session?.id !== sessionId) {
        return;
      }
      if (ended_at === null) {
        this.#isRunning = true;
      } else {
        this.#session = null;
        this.#stop();
        this.#onOver(this.#isRunning);
      }
    });
  }
}
