/** Connects hls.js to one playback: levels go into the store, tracks to the track selection, errors to the listeners. */
import type Hls from "hls.js";
import type { ErrorData } from "hls.js";
import { readBandwidthBps } from "./bandwidth-estimate";
import { earlySegmentLoader } from "./early-segment-loader";
import { hlsSettings } from "./hls-settings";
import { openHlsTracks } from "./hls-tracks";
import type { PlaybackSession } from "./playback-session";
import type { PlaybackStore } from "./playback-state";
import { qualitiesOf } from "./renditions";
import type { StreamWarmUp } from "./stream-warm-up";
import type { SubtitleCues } from "./subtitle-cues";
import type { TrackSelection } from "./track-selection";

export interface HlsListeners {
  /** A segment was loaded: the token is valid and the connection works. */
  onLoaded(): void;
  onError(hls: Hls, kind: HlsErrorKind): void;
  /** A request reached no server; hls.js retries it. */
  onUnreachable(): void;
}

/** `refused`: the server refuses this token or build. For the other kinds hls.js has stopped retrying, or must be stopped. */
export type HlsErrorKind = "refused" | "network" | "media" | "other";

export function openHls(
  HlsPlayer: typeof Hls,
  session: PlaybackSession,
  store: PlaybackStore,
  tracks: TrackSelection,
  cues: SubtitleCues,
  warmUp: StreamWarmUp,
  listeners: HlsListeners,
): Hls {
  const { Events, ErrorTypes } = HlsPlayer;
  const hls = new HlsPlayer({
    ...hlsSettings(readBandwidthBps(), session.currentUrl),
    fLoader: earlySegmentLoader(HlsPlayer, warmUp),
  });
  hls.on(Events.MANIFEST_PARSED, () => store.set({ qualities: qualitiesOf(hls.levels) }));
  hls.on(Events.LEVELS_UPDATED, () => store.set({ qualities: qualitiesOf(hls.levels) }));
  hls.on(Events.LEVEL_SWITCHED, (_event, { level }) => store.set({ activeLevel: level }));
  openHlsTracks(hls, Events, cues, (source) => tracks.attach(source));
  hls.on(Events.FRAG_LOADED, () => listeners.onLoaded());
  hls.on(Events.ERROR, (_event, data) => {
    if (isSubtitleFailure(data)) {
      tracks.dropSubtitles();
      if (data.fatal) {
        hls.startLoad(-1, true); // hls.js has stopped loading the film too.
      }
      return;
    }
    if (isUnreachable(data, ErrorTypes)) {
      listeners.onUnreachable();
    }
    const kind = errorKindOf(data, ErrorTypes);
    if (kind) {
      listeners.onError(hls, kind);
    }
  });
  return hls;
}

export function loadHlsSource(hls: Hls, video: HTMLVideoElement, session: PlaybackSession): void {
  hls.attachMedia(video);
  if (session.url) {
    hls.loadSource(session.url.href);
  }
}

/** A film plays without subtitles that are missing or damaged. A refused token and a lost connection concern the film. */
function isSubtitleFailure({ frag, context, response, fatal, type }: ErrorData): boolean {
  const isSubtitle = frag?.type === "subtitle" || context?.type === "subtitleTrack";
  const status = response?.code ?? 0;
  const isMissing = status === 404 || status === 410;
  const isLost = type === "networkError" && status === 0;
  return isSubtitle && (isMissing || (fatal && !isLost && !REFUSALS.includes(status)));
}

/** No response at all, or one of a proxy whose server is gone. A response that is late only means a slow connection. */
function isUnreachable({ type, response, details }: ErrorData, types: typeof Hls.ErrorTypes): boolean {
  const status = response?.code ?? 0;
  const isLate = details.endsWith("TimeOut");
  return type === types.NETWORK_ERROR && !isLate && (status === 0 || status >= 502);
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
