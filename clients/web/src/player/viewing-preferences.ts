/** How a viewer watches: what they chose in the player's menus, kept in the browser for each account. */
export interface LanguagePreference {
  /** BCP 47. */
  language: string;
  /** Whether the viewer chose a track for people who cannot hear or see. */
  isAccessible: boolean;
}

export const SUBTITLE_SIZES = ["small", "normal", "large", "very-large"] as const;
export type SubtitleSize = (typeof SUBTITLE_SIZES)[number];
export const SUBTITLE_COLOURS = ["white", "yellow", "green", "blue"] as const;
export type SubtitleColour = (typeof SUBTITLE_COLOURS)[number];
export const SUBTITLE_POSITIONS = ["bottom", "raised", "top"] as const;
export type SubtitlePosition = (typeof SUBTITLE_POSITIONS)[number];

export interface SubtitleStyle {
  size: SubtitleSize;
  colour: SubtitleColour;
  /** For subtitles that name no place of their own. */
  position: SubtitlePosition;
}

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;
export type Speed = (typeof SPEEDS)[number];

export interface ViewingPreferences {
  /** Null until the viewer chooses. */
  audio: LanguagePreference | null;
  /** The last language that the viewer chose, even while subtitles are off. */
  subtitles: LanguagePreference | null;
  areSubtitlesOff: boolean;
  subtitleStyle: SubtitleStyle;
  speed: Speed;
  /** Null until the viewer chooses: the device's own setting decides. */
  savesData: boolean | null;
}

export const DEFAULT_STYLE: SubtitleStyle = { size: "normal", colour: "white", position: "bottom" };

const NOTHING_CHOSEN: ViewingPreferences = {
  audio: null,
  subtitles: null,
  areSubtitlesOff: false,
  subtitleStyle: DEFAULT_STYLE,
  speed: 1,
  savesData: null,
};

export class PreferenceStore {
  /** The choices of this page, if the browser forbids storage. */
  readonly #unsaved = new Map<string, ViewingPreferences>();

  /** `ownerId`: the account that watches; null for a viewer without an account. */
  constructor(
    private readonly storage: Storage | null,
    private readonly ownerId: () => string | null,
    /** Called after each change that the viewer made here. */
    private readonly onChange: (preferences: ViewingPreferences) => void = () => undefined,
  ) {}

  read(): ViewingPreferences {
    const key = this.#key();
    try {
      const text = this.#unsaved.has(key) ? null : this.storage?.getItem(key);
      return text ? parsed(JSON.parse(text)) : (this.#unsaved.get(key) ?? NOTHING_CHOSEN);
    } catch {
      return NOTHING_CHOSEN;
    }
  }

  write(change: Partial<ViewingPreferences>): void {
    this.adopt(change);
    this.onChange(this.read());
  }

  /** Takes over what the account chose on another device. */
  adopt(change: Partial<ViewingPreferences>): void {
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

function parsed(value: unknown): ViewingPreferences {
  const { audio, subtitles, areSubtitlesOff, subtitleStyle, speed, savesData } = (value ??
    {}) as Partial<ViewingPreferences>;
  return {
    audio: isLanguagePreference(audio) ? audio : null,
    subtitles: isLanguagePreference(subtitles) ? subtitles : null,
    areSubtitlesOff: areSubtitlesOff === true,
    subtitleStyle: parsedStyle(subtitleStyle),
    speed: oneOf(SPEEDS, speed) ?? 1,
    savesData: typeof savesData === "boolean" ? savesData : null,
  };
}

function parsedStyle(value: unknown): SubtitleStyle {
  const { size, colour, position } = (value ?? {}) as Partial<SubtitleStyle>;
  return {
    size: oneOf(SUBTITLE_SIZES, size) ?? DEFAULT_STYLE.size,
    colour: oneOf(SUBTITLE_COLOURS, colour) ?? DEFAULT_STYLE.colour,
    position: oneOf(SUBTITLE_POSITIONS, position) ?? DEFAULT_STYLE.position,
  };
}

function oneOf<T>(allowed: readonly T[], value: unknown): T | undefined {
  return allowed.find((candidate) => candidate === value);
}

function isLanguagePreference(value: unknown): value is LanguagePreference {
  const preference = value as Partial<LanguagePreference> | null | undefined;
  return typeof preference?.language === "string" && typeof preference.isAccessible === "boolean";
}
