/** hls.js bound to one playback: what it finds goes into the state, what goes wrong goes to the playback. */
import type Hls from "hls.js";
import type { ErrorData } from "hls.js";
import { hlsSettings } from "./hls-settings";
import { readMeasuredBps } from "./measured-link";
import type { PlaybackStore } from "./playback-state";
import { audioTracksOf, qualitiesOf } from "./renditions";
import type { StreamRight } from "./stream-right";

export interface HlsListeners {
  /** A segment arrived: the right to stream and the connection are good. */
  onLoaded(): void;
  onTrouble(hls: Hls, trouble: HlsTrouble): void;
}

/** `refused`: this token or build is no longer served. After the others hls.js has stopped trying, or should. */
export type HlsTrouble = "refused" | "network" | "media" | "other";

export function openHls(
  HlsPlayer: typeof Hls,
  video: HTMLVideoElement,
  right: StreamRight,
  store: PlaybackStore,
  listeners: HlsListeners,
): Hls {
  const { Events, ErrorTypes } = HlsPlayer;
  const hls = new HlsPlayer(hlsSettings(readMeasuredBps(), right.currentAddress));
  hls.on(Events.MANIFEST_PARSED, () => store.set({ qualities: qualitiesOf(hls.levels) }));
  hls.on(Events.LEVELS_UPDATED, () => store.set({ qualities: qualitiesOf(hls.levels) }));
  hls.on(Events.LEVEL_SWITCHED, (_event, { level }) => store.set({ activeLevel: level }));
  hls.on(Events.AUDIO_TRACKS_UPDATED, (_event, { audioTracks }) =>
    store.set({ audioTracks: audioTracksOf(audioTracks) }),
  );
  hls.on(Events.AUDIO_TRACK_SWITCHED, (_event, { id }) => store.set({ activeAudioTrack: id }));
  hls.on(Events.FRAG_LOADED, () => listeners.onLoaded());
  hls.on(Events.ERROR, (_event, data) => {
    const trouble = troubleOf(data, ErrorTypes);
    if (trouble) {
      listeners.onTrouble(hls, trouble);
    }
  });
  hls.attachMedia(video);
  if (right.url) {
    hls.loadSource(right.url.href);
  }
  return hls;
}

const REFUSALS = [401, 403, 404, 410];

function troubleOf(data: ErrorData, types: typeof Hls.ErrorTypes): HlsTrouble | null {
  if (REFUSALS.includes(data.response?.code ?? 0)) {
    return "refused";
  }
  const isNetwork = data.type === types.NETWORK_ERROR;
  if (!data.fatal) {
    // Without any network hls.js waits for it in silence; the viewer should know why nothing moves.
    return isNetwork && !navigator.onLine ? "network" : null;
  }
  if (isNetwork) {
    return "network";
  }
  return data.type === types.MEDIA_ERROR ? "media" : "other";
}
