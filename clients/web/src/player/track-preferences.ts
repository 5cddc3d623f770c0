/** What a viewer chose in the audio and subtitle menus, kept in the browser for each account. */
export interface LanguagePreference {
  /** BCP 47. */
  language: string;
  /** Whether the viewer chose a track for people who cannot hear or see. */
  isAccessible: boolean;
}

export const SUBTITLE_SIZES = ["small", "normal", "large", "very-large"] as const;
export type SubtitleSize = (typeof SUBTITLE_SIZES)[number];

export interface TrackPreferences {
  /** Null until the viewer chooses. */
  audio: LanguagePreference | null;
  /** The last language that the viewer chose, even while subtitles are off. */
  subtitles: LanguagePreference | null;
  areSubtitlesOff: boolean;
  subtitleSize: SubtitleSize;
}

const NOTHING_CHOSEN: TrackPreferences = {
  audio: null,
  subtitles: null,
  areSubtitlesOff: false,
  subtitleSize: "normal",
};

export class TrackPreferenceStore {
  /** The choices of this page, if the browser forbids storage. */
  readonly #unsaved = new Map<string, TrackPreferences>();

  /** `ownerId`: the account that watches; null for a viewer without an account. */
  constructor(
    private readonly storage: Storage | null,
    private readonly ownerId: () => string | null,
  ) {}

  read(): TrackPreferences {
    const key = this.#key();
    try {
      const text = this.#unsaved.has(key) ? null : this.storage?.getItem(key);
      return text ? parsed(JSON.parse(text)) : (this.#unsaved.get(key) ?? NOTHING_CHOSEN);
    } catch {
      return NOTHING_CHOSEN;
    }
  }

  write(change: Partial<TrackPreferences>): void {
    const key = this.#key();
    const preferences = { ...this.read(), ...change };
    try {
      if (!this.storage) {
        throw new Error("storage is forbidden");
      }
      this.storage.setItem(key, JSON.stringify(preferences));
      this.#unsaved.delete(key);
    } catch {
      this.#unsaved.set(key, preferences);
    }
  }

  #key(): string {
    return `nang.tracks.${this.ownerId() ?? "anonymous"}`;
  }
}

function parsed(value: unknown): TrackPreferences {
  const { audio, subtitles, areSubtitlesOff, subtitleSize } = (value ?? {}) as Partial<TrackPreferences>;
  return {
    audio: isLanguagePreference(audio) ? audio : null,
    subtitles: isLanguagePreference(subtitles) ? subtitles : null,
    areSubtitlesOff: areSubtitlesOff === true,
    subtitleSize: SUBTITLE_SIZES.find((size) => size === subtitleSize) ?? "normal",
  };
}

function isLanguagePreference(value: unknown): value is LanguagePreference {
  const preference = value as Partial<LanguagePreference> | null | undefined;
  return typeof preference?.language === "string" && typeof preference.isAccessible === "boolean";
}
