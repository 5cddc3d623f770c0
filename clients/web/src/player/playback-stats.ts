/** Numbers about the playback now, for viewers who ask why a film looks or stops as it does. */
import type Hls from "hls.js";
import { bufferedEnd } from "./video-element";

export interface EngineStats {
  /** `1280×720`, of the frames that are shown. */
  frameSize: string | null;
  codecs: string | null;
  renditionBps: number | null;
  /** What is loaded ahead of the position. */
  bufferSeconds: number;
  droppedFrames: number | null;
  shownFrames: number | null;
  /** The measured bandwidth of the link. */
  linkBps: number | null;
  host: string | null;
}

export function statsOf(video: HTMLVideoElement, hls: Hls | null): EngineStats {
  const level = hls?.levels[hls.currentLevel];
  const frames = video.getVideoPlaybackQuality?.();
  const { videoWidth, videoHeight, currentTime } = video;
  const linkBps = hls?.bandwidthEstimate;
  return {
    frameSize: videoWidth > 0 ? `${videoWidth}×${videoHeight}` : null,
    codecs: [level?.videoCodec, level?.audioCodec].filter(Boolean).join(", ") || null,
    renditionBps: level ? level.averageBitrate || level.bitrate : null,
    bufferSeconds: Math.max(0, bufferedEnd(video) - currentTime),
    droppedFrames: frames?.droppedVideoFrames ?? null,
    shownFrames: frames ? frames.totalVideoFrames - frames.droppedVideoFrames : null,
    linkBps: linkBps !== undefined && Number.isFinite(linkBps) ? linkBps : null,
    host: level ? new URL(level.uri, globalThis.location.href).host : null,
  };
}
