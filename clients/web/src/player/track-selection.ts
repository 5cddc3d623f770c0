/**
 * Which audio and subtitle track play: what the viewer chose in this film, or else what the rules of `track-choice` say.
 */
import type { PlaybackStore } from "./playback-state";
import type { AudioTrack, SubtitleTrack, Track } from "./renditions";
import {
  firstAudioTrack,
  firstSubtitleTrack,
  forcedSubtitleTrack,
  switchedOnSubtitleTrack,
} from "./track-choice";
import type { LanguagePreference, PreferenceStore, SubtitleStyle } from "./viewing-preferences";

/** The tracks of a stream, and how the player selects them. */
export interface TrackSource {
  readonly audio: readonly AudioTrack[];
  readonly subtitles: readonly SubtitleTrack[];
  /** Whether this player draws the subtitles, not the browser. */
  readonly drawsSubtitles: boolean;
  selectAudio(key: string): void;
  selectSubtitles(key: string | null): void;
}

export class TrackSelection {
  readonly #store: PlaybackStore;
  readonly #preferences: PreferenceStore;
  readonly #pageLanguage: () => string;
  #source: TrackSource | null = null;
  /** What the viewer chose in this film: keys, which stay valid when the stream is loaded again. */
  #chosenAudio: string | null = null;
  #chosenSubtitles: { key: string | null } | null = null;
  #selected: { audio: string | null; subtitles: string | null } = { audio: null, subtitles: null };

  constructor(store: PlaybackStore, preferences: PreferenceStore, pageLanguage: () => string) {
    this.#store = store;
    this.#preferences = preferences;
    this.#pageLanguage = pageLanguage;
    store.set({ subtitleStyle: preferences.read().subtitleStyle });
  }

  /** The tracks of the stream are known. */
  attach(source: TrackSource): void {
    this.#source = source;
    this.#selected = { audio: null, subtitles: null };
    const { audio, subtitles, drawsSubtitles } = source;
    const { subtitleStyle } = this.#preferences.read();
    this.#store.set({
      audioTracks: [...audio],
      subtitleTracks: [...subtitles],
      drawsSubtitles,
      subtitleStyle,
    });
    this.#select(true);
  }

  chooseAudio(key: string): void {
    this.#chosenAudio = key;
    const preference = preferenceFor(this.#source?.audio.find((track) => track.key === key));
    this.#preferences.write(preference ? { audio: preference } : {});
    this.#select();
  }

  /** Null: off. */
  chooseSubtitles(key: string | null): void {
    this.#chosenSubtitles = { key };
    const preference = preferenceFor(this.#source?.subtitles.find((track) => track.key === key));
    this.#preferences.write({ areSubtitlesOff: key === null, ...(preference && { subtitles: preference }) });
    this.#select();
  }

  toggleSubtitles(): void {
    const { audioTrack, subtitleTrack, subtitleTracks } = this.#store.get();
    if (subtitleTrack !== null) {
      this.chooseSubtitles(null);
      return;
    }
    const { subtitles } = this.#preferences.read();
    const audioLanguage = this.#languageOfAudio(audioTrack);
    const track = switchedOnSubtitleTrack(subtitleTracks, audioLanguage, subtitles, this.#pageLanguage());
    if (track) {
      this.chooseSubtitles(track.key);
    }
  }

  styleSubtitles(change: Partial<SubtitleStyle>): void {
    const subtitleStyle = { ...this.#store.get().subtitleStyle, ...change };
    this.#preferences.write({ subtitleStyle });
    this.#store.set({ subtitleStyle });
  }

  /** Takes over what the viewer chose in the browser's own menu. It is not remembered for other films. */
  adopt(audio: string | null, subtitles: string | null): void {
    const shown = this.#selected;
    if (audio !== null && audio !== shown.audio) {
      this.#chosenAudio = audio;
    }
    if (subtitles !== shown.subtitles) {
      this.#chosenSubtitles = { key: subtitles };
    }
    this.#select();
  }

  /** Subtitles could not be loaded. The film continues without them; a later choice tries again. */
  dropSubtitles(): void {
    this.#chosenSubtitles = { key: null };
    this.#selected.subtitles = null;
    this.#source?.selectSubtitles(null);
    this.#store.set({ subtitleTrack: null, subtitleLanguage: null });
  }

  /** `force`: the source is new and has nothing selected. */
  #select(force = false): void {
    if (!this.#source) {
      return;
    }
    const { audio, subtitles } = this.#source;
    const remembered = this.#preferences.read();
    const pageLanguage = this.#pageLanguage();
    const playing =
      audio.find((track) => track.key === this.#chosenAudio) ??
      firstAudioTrack(audio, remembered.audio, pageLanguage);
    const language = playing?.language ?? null;
    const chosen = this.#chosenSubtitles;
    const isChosen =
      chosen !== null && (chosen.key === null || subtitles.some(({ key }) => key === chosen.key));
    const menu = isChosen
      ? (subtitles.find(({ key }) => key === chosen.key) ?? null)
      : firstSubtitleTrack(subtitles, language, remembered, pageLanguage);
    const shown = menu ?? forcedSubtitleTrack(subtitles, language);
    const next = { audio: playing?.key ?? null, subtitles: shown?.key ?? null };
    const before = this.#selected;
    this.#selected = next;
    this.#store.set({
      audioTrack: next.audio,
      subtitleTrack: menu?.key ?? null,
      subtitleLanguage: shown?.language ?? null,
    });
    if (next.audio !== null && (force || next.audio !== before.audio)) {
      this.#source.selectAudio(next.audio);
    }
    if (force || next.subtitles !== before.subtitles) {
      this.#source.selectSubtitles(next.subtitles);
    }
  }

  #languageOfAudio(key: string | null): string | null {
    return this.#source?.audio.find((track) => track.key === key)?.language ?? null;
  }
}

/** Null for a track whose language is unknown: it says nothing about other films. */
function preferenceFor(track: Track | undefined): LanguagePreference | null {
  return track?.language ? { language: track.language, isAccessible: track.isAccessible } : null;
}
