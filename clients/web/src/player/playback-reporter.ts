/**
 * Reports one playback session to the server: the position, the watched time, the end.
 *
 * The watched time comes from the events of the video element only, so that it counts what was played and not what was
 * requested. A session in which nothing was watched is not reported; otherwise opening a film's page would overwrite the
 * position at which the viewer stopped.
 */
import type { HeartbeatEvent, HeartbeatReceipt } from "@nang/api-client";
import { randomUuid } from "../lib/uuid";
import { onVideo } from "./video-element";
import { WatchedInterval } from "./watched-interval";

export interface ReportOutbox {
  add(sessionId: string, ownerId: string | null, event: HeartbeatEvent): void;
  send(onReceipt: (sessionId: string, receipt: HeartbeatReceipt) => void): Promise<void>;
  sendWithKeepalive(sessionId: string): void;
}

/** The server ends a session after two minutes without a heartbeat. */
const HEARTBEAT_INTERVAL_MS = 10_000;

export class PlaybackReporter {
  readonly #video: HTMLVideoElement;
  readonly #outbox: ReportOutbox;
  readonly #onEnded: (wasRunning: boolean) => void;
  readonly #watched = new WatchedInterval();
  #session: { id: string; ownerId: string | null } | null = null;
  #hasWatched = false;
  /** The server has received a heartbeat of the session and has not ended it. */
  #isRunning = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * `onEnded`: the session was ended by another device or tab, while it was running or before its first heartbeat (the film's
   * page was opened in another tab). Listens until `signal` aborts.
   */
  constructor(
    video: HTMLVideoElement,
    outbox: ReportOutbox,
    onEnded: (wasRunning: boolean) => void,
    signal: AbortSignal,
  ) {
    this.#video = video;
    this.#outbox = outbox;
    this.#onEnded = onEnded;
    const on = (names: (keyof HTMLMediaElementEventMap)[], listener: () => void) =>
      onVideo(video, signal, names, listener);
    on(["playing", "seeked"], () => this.#startInterval());
    on(["timeupdate"], () => this.#advance());
    on(["seeking", "emptied"], () => this.#endInterval("playing"));
    on(["pause"], () => {
      this.#advance();
      this.#endInterval("paused");
      this.#send();
    });
    signal.addEventListener("abort", () => clearInterval(this.#timer));
  }

  /** Reports this session from now on. */
  begin(id: string, ownerId: string | null): void {
    if (this.#session?.id !== id) {
      this.#session = { id, ownerId };
      this.#hasWatched = false;
      this.#isRunning = false;
    }
    if (this.#video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) {
      this.#startInterval(); // The video is already playing: the film is watched again, or a new session has replaced the old one.
    }
  }

  /** Sends the state now, because the page may be closed. */
  flush(): void {
    this.#reportNow(this.#video.paused ? "paused" : "playing");
    if (this.#session && this.#hasWatched) {
      this.#outbox.sendWithKeepalive(this.#session.id);
    }
  }

  /** Reports the end of the session. False if nothing was watched: the caller must then end the session itself. */
  end(): boolean {
    const session = this.#session;
    const isReported = session !== null && this.#hasWatched;
    this.#reportNow("ended");
    this.#stop();
    this.#session = null;
    if (!isReported) {
      return false;
    }
    this.#outbox.sendWithKeepalive(session.id);
    return true;
  }

  #startInterval(): void {
    const { paused, seeking, currentTime } = this.#video;
    if (paused || seeking || !this.#session) {
      return;
    }
    if (!this.#watched.isRunning) {
      clearInterval(this.#timer);
      this.#timer = setInterval(() => this.#sendHeartbeat(), HEARTBEAT_INTERVAL_MS);
    }
    this.#watched.begin(currentTime);
    if (!this.#hasWatched) {
      // Sent at once: until the first heartbeat the server treats the session as a page that was only opened.
      this.#hasWatched = true;
      this.#sendHeartbeat();
    }
  }

  #advance(): void {
    if (!this.#video.seeking) {
      this.#watched.advanceTo(this.#video.currentTime);
    }
  }

  #sendHeartbeat(): void {
    const isStarved = this.#video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    this.#reportNow(isStarved ? "buffering" : "playing");
    this.#send();
  }

  /** Does not read the position from the element, which has already changed it. */
  #endInterval(state: HeartbeatEvent["state"]): void {
    if (this.#watched.isRunning) {
      this.#add(state);
      this.#stop();
    }
  }

  #stop(): void {
    this.#watched.stop();
    clearInterval(this.#timer);
  }

  #reportNow(state: HeartbeatEvent["state"]): void {
    if (this.#watched.isRunning) {
      this.#advance();
    } else if (this.#video.readyState > HTMLMediaElement.HAVE_NOTHING) {
      this.#watched.jumpTo(this.#video.currentTime);
    }
    this.#add(state);
  }

  #add(state: HeartbeatEvent["state"]): void {
    if (this.#session && this.#hasWatched) {
      const { id, ownerId } = this.#session;
      const at = new Date().toISOString();
      this.#outbox.add(id, ownerId, { event_id: randomUuid(), at, state, ...this.#watched.take() });
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
        this.#onEnded(this.#isRunning);
      }
    });
  }
}
