/**
 * Fetches what play needs first before hls.js asks for it.
 *
 * When the stream is known: the media playlists of the first level and of its audio, and their init sections. These are a few kilobytes, which
 * hls.js then finds in the browser's cache; that saves it two round trips. When the viewer is about to press play: the first segments, at
 * once and before the controls are rendered; hls.js takes them over (`early-segment-loader`). Not earlier: a viewer who only reads the page
 * should not pay for them.
 *
 * Nothing depends on it: what fails here, hls.js fetches itself.
 */
import type Hls from "hls.js";
import { initSectionOf, segmentAt } from "./media-playlist";
import { trackKey } from "./renditions";

export interface EarlySegment {
  /** When it was asked for, and when the response began, as `performance.now()`. */
  startedAt: number;
  respondedAt: number;
  response: Promise<{ status: number; data: ArrayBuffer }>;
}

export class StreamWarmUp {
  readonly #currentUrl: (url: string) => string;
  readonly #abort = new AbortController();
  /** The texts of the media playlists by their addresses. */
  #playlists = new Map<string, string>();
  readonly #segments = new Map<string, EarlySegment>();

  constructor(currentUrl: (url: string) => string) {
    this.#currentUrl = currentUrl;
  }

  /** `audioTrack`: the key of the track that will play. */
  fetchPlaylists(hls: Hls, audioTrack: string | null): void {
    const level = hls.levels[hls.firstAutoLevel];
    // hls.js itself knows the tracks of a level's group only when it loads that level.
    const inGroup = hls.allAudioTracks.filter(({ groupId }) => level?.audioGroups?.includes(groupId));
    const audio = inGroup.find((track) => trackKey(track) === audioTrack) ?? inGroup[0];
    for (const playlist of [level?.uri, audio?.url]) {
      if (playlist) {
        this.#fetchPlaylist(this.#currentUrl(playlist)).catch(() => undefined);
      }
    }
  }

  /** Fetches the segments at this position, of the playlists that are here. */
  fetchSegments(seconds: number): void {
    for (const [url, text] of this.#playlists) {
      const segment = segmentAt(text, seconds);
      if (segment !== null) {
        const address = new URL(segment, url).href;
        this.#segments.set(address, this.#fetchSegment(address));
      }
    }
    this.#playlists.clear();
  }

  /** The segment with this address, once. */
  take(address: string): EarlySegment | undefined {
    const segment = this.#segments.get(address);
    this.#segments.delete(address);
    return segment;
  }

  abort(): void {
    this.#abort.abort();
    this.#playlists.clear();
    this.#segments.clear();
  }

  async #fetchPlaylist(url: string): Promise<void> {
    const { signal } = this.#abort;
    const response = await fetch(url, { signal });
    const text = await response.text();
    if (!response.ok || signal.aborted) {
      return;
    }
    this.#playlists.set(url, text);
    const init = initSectionOf(text);
    if (init !== null) {
      await (await fetch(new URL(init, url), { signal })).arrayBuffer();
    }
  }

  #fetchSegment(address: string): EarlySegment {
    const segment = { startedAt: performance.now(), respondedAt: 0 };
    const response = fetch(address, { signal: this.#abort.signal }).then(async (answer) => {
      segment.respondedAt = performance.now();
      return { status: answer.status, data: await answer.arrayBuffer() };
    });
    response.catch(() => undefined); // hls.js may not ask for it.
    return Object.assign(segment, { response });
  }
}
