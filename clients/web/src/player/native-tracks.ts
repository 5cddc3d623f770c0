/**
 * The audio and subtitle tracks of the browser's native HLS player. The browser draws the subtitles.
 */
import type { AudioTrack, SubtitleTrack } from "./renditions";
import type { TrackSource } from "./track-selection";

/** Not in TypeScript's library, because only Safari has it. */
interface NativeAudioTrack {
  enabled: boolean;
  readonly kind: string;
  readonly label: string;
  readonly language: string;
}

interface NativeVideo extends HTMLVideoElement {
  readonly audioTracks?: EventTarget & ArrayLike<NativeAudioTrack>;
  readonly webkitDisplayingFullscreen?: boolean;
}

export interface NativeTrackListeners {
  /** The list of tracks is known or has changed. */
  onTracks(source: TrackSource): void;
  /** The viewer chose tracks in the browser's full screen. */
  onChosen(audio: string | null, subtitles: string | null): void;
}

export function openNativeTracks(
  video: NativeVideo,
  signal: AbortSignal,
  { onTracks, onChosen }: NativeTrackListeners,
): void {
  const audioTracks = () => Array.from(video.audioTracks ?? []);
  const textTracks = () => [...video.textTracks].filter(({ kind }) => SUBTITLE_KINDS.includes(kind));

  const selectAudio = (key: string) => {
    for (const track of audioTracks()) {
      track.enabled = nativeKey(track) === key;
    }
  };
  const selectSubtitles = (key: string | null) => {
    for (const track of textTracks()) {
      const mode = nativeKey(track) === key ? "showing" : "disabled";
      if (track.mode !== mode) {
        track.mode = mode;
      }
    }
  };

  const update = () =>
    onTracks({
      audio: audioTracks().map(nativeAudioTrack),
      subtitles: textTracks().map(nativeSubtitleTrack),
      drawsSubtitles: false,
      selectAudio,
      selectSubtitles,
    });
  // At the start the browser chooses tracks too. Only in its full screen a change is the viewer's choice.
  const adopt = () => {
    if (video.webkitDisplayingFullscreen) {
      const audio = audioTracks().find(({ enabled }) => enabled);
      const subtitles = textTracks().find(({ mode }) => mode === "showing");
      onChosen(audio ? nativeKey(audio) : null, subtitles ? nativeKey(subtitles) : null);
    }
  };
  for (const list of [video.audioTracks, video.textTracks]) {
    list?.addEventListener("addtrack", update, { signal });
    list?.addEventListener("removetrack", update, { signal });
    list?.addEventListener("change", adopt, { signal });
  }
  update();
}

/** Safari has an additional kind, `forced`. */
const SUBTITLE_KINDS: readonly string[] = ["subtitles", "captions", "forced"];

function nativeKey({ label, language }: Pick<TextTrack, "label" | "language">): string {
  return `${language} ${label}`;
}

export function nativeAudioTrack(track: Pick<NativeAudioTrack, "kind" | "label" | "language">): AudioTrack {
  return {
    key: nativeKey(track),
    language: languageOf(track.language),
    name: track.label,
    isDefault: track.kind === "main",
    isAutoselect: track.kind !== "commentary",
    isAccessible: track.kind === "descriptions" || track.kind === "main-desc",
  };
}

export function nativeSubtitleTrack(
  track: Pick<TextTrack, "label" | "language"> & { kind: string },
): SubtitleTrack {
  return {
    key: nativeKey(track),
    language: languageOf(track.language),
    name: track.label,
    isDefault: false,
    isAutoselect: true,
    isAccessible: track.kind === "captions",
    isForced: track.kind === "forced",
  };
}

function languageOf(tag: string): string | null {
  return tag && tag !== "und" ? tag : null;
}
