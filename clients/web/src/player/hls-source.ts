/** Connects hls.js to one playback: levels and tracks go into the store, errors to the listeners. */
import type Hls from "hls.js";
import type { ErrorData } from "hls.js";
import { readBandwidthBps } from "./bandwidth-estimate";
import { hlsSettings } from "./hls-settings";
import type { PlaybackSession } from "./playback-session";
import type { PlaybackStore } from "./playback-state";
import { audioTracksOf, qualitiesOf } from "./renditions";

export interface HlsListeners {
  /** A segment was loaded: the token is valid and the connection works. */
  onLoaded(): void;
  onError(hls: Hls, kind: HlsErrorKind): void;
}

/** `refused`: the server refuses this token or build. For the other kinds hls.js has stopped retrying, or must be stopped. */
export type HlsErrorKind = "refused" | "network" | "media" | "other";

export function openHls(
  HlsPlayer: typeof Hls,
  video: HTMLVideoElement,
  session: PlaybackSession,
  store: PlaybackStore,
  listeners: HlsListeners,
): Hls {
  const { Events, ErrorTypes } = HlsPlayer;
  const hls = new HlsPlayer(hlsSettings(readBandwidthBps(), session.currentUrl));
  hls.on(Events.MANIFEST_PARSED, () => store.set({ qualities: qualitiesOf(hls.levels) }));
  hls.on(Events.LEVELS_UPDATED, () => store.set({ qualities: qualitiesOf(hls.levels) }));
  hls.on(Events.LEVEL_SWITCHED, (_event, { level }) => store.set({ activeLevel: level }));
  hls.on(Events.AUDIO_TRACKS_UPDATED, (_event, { audioTracks }) =>
    store.set({ audioTracks: audioTracksOf(audioTracks) }),
  );
  hls.on(Events.AUDIO_TRACK_SWITCHED, (_event, { id }) => store.set({ activeAudioTrack: id }));
  hls.on(Events.FRAG_LOADED, () => listeners.onLoaded());
  hls.on(Events.ERROR, (_event, data) => {
    const kind = errorKindOf(data, ErrorTypes);
    if (kind) {
      listeners.onError(hls, kind);
    }
  });
  hls.attachMedia(video);
  if (session.url) {
    hls.loadSource(session.url.href);
  }
  return hls;
}

const REFUSALS = [401, 403, 404, 410];

function errorKindOf(data: ErrorData, types: typeof Hls.ErrorTypes): HlsErrorKind | null {
  if (REFUSALS.includes(data.response?.code ?? 0)) {
    return "refused";
  }
  const isNetwork = data.type === types.NETWORK_ERROR;
  if (!data.fatal) {
    // Offline, hls.js waits silently; the viewer should see why playback has stopped.
    return isNetwork && !navigator.onLine ? "network" : null;
  }
  if (isNetwork) {
    return "network";
  }
  return data.type === types.MEDIA_ERROR ? "media" : "other";
}
