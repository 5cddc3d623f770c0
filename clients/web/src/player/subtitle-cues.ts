/**
 * The cues of the subtitle tracks that hls.js has loaded, and those that are due now.
 *
 * They are in a hidden text track of the video element, so that the browser tells exactly when a cue begins and ends. The
 * player draws them itself. Only in the full screen of an iPhone, and in Safari's picture-in-picture, the browser draws
 * them. hls.js's own text tracks are not used: they need `data:` URLs, which the Content-Security-Policy forbids.
 */
interface SafariVideo extends HTMLVideoElement {
  webkitPresentationMode?: "inline" | "fullscreen" | "picture-in-picture";
}

/** A text track cannot be removed from its element, so a later playback in the same element uses the same one. */
const LABEL = "Nang";

export class SubtitleCues {
  readonly #video: SafariVideo;
  readonly #onChange: (cues: readonly VTTCue[]) => void;
  readonly #signal: AbortSignal;
  /** By track key and cue id. hls.js does not load the same cues twice while it plays the stream. */
  readonly #cues = new Map<string, Map<string, VTTCue>>();
  #track: TextTrack | null = null;
  #selected: string | null = null;

  constructor(video: HTMLVideoElement, onChange: (cues: readonly VTTCue[]) => void, signal: AbortSignal) {
    this.#video = video;
    this.#onChange = onChange;
    this.#signal = signal;
  }

  /** A cue that crosses the border of two segments is in both, with the same id. */
  add(key: string, cues: readonly VTTCue[]): void {
    const known = this.#cues.get(key) ?? new Map<string, VTTCue>();
    this.#cues.set(key, known);
    for (const cue of cues) {
      if (!known.has(cue.id)) {
        known.set(cue.id, cue);
        if (key === this.#selected) {
          this.#track?.addCue(cue);
        }
      }
    }
    this.#update();
  }

  /** Shows a track, or none. */
  select(key: string | null): void {
    if (key === this.#selected) {
      return;
    }
    this.#selected = key;
    const track = key === null ? this.#track : this.#openTrack();
    for (const cue of [...(track?.cues ?? [])]) {
      track?.removeCue(cue);
    }
    for (const cue of this.#cues.get(key ?? "")?.values() ?? []) {
      track?.addCue(cue);
    }
    this.#update();
  }

  /** Forgets all cues: another stream is loaded. */
  clear(): void {
    this.select(null);
    this.#cues.clear();
  }

  #openTrack(): TextTrack {
    if (this.#track) {
      return this.#track;
    }
    const { textTracks } = this.#video;
    const track =
      [...textTracks].find(({ label }) => label === LABEL) ?? this.#video.addTextTrack("subtitles", LABEL);
    const options = { signal: this.#signal };
    track.addEventListener("cuechange", () => this.#update(), options);
    const setMode = () => {
      const isInline = (this.#video.webkitPresentationMode ?? "inline") === "inline";
      const mode = isInline ? "hidden" : "showing";
      if (track.mode !== mode) {
        track.mode = mode;
      }
    };
    setMode();
    // A browser may show the track by itself, if the viewer asks for captions in the system's settings.
    textTracks.addEventListener("change", setMode, options);
    this.#video.addEventListener("webkitpresentationmodechanged", setMode, options);
    this.#track = track;
    return track;
  }

  #update(): void {
    this.#onChange([...(this.#track?.activeCues ?? [])] as VTTCue[]);
  }
}
