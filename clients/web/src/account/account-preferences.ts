/** Between what the account keeps about how its viewer watches and what the player of this browser keeps. */
import type { Preferences } from "@nang/api-client";
import type { Language } from "../i18n/language";
import {
  type LanguagePreference,
  SPEEDS,
  SUBTITLE_SIZES,
  type SubtitleColour,
  type SubtitleSize,
  type ViewingPreferences,
} from "../player/viewing-preferences";

export const SIZE_PERCENT: Record<SubtitleSize, number> = {
  small: 75,
  normal: 100,
  large: 135,
  "very-large": 175,
};

/** Bright enough for the dark box behind the text: contrast of 7 or more. */
export const COLOUR_CODES: Record<SubtitleColour, string> = {
  white: "#ffffff",
  yellow: "#ffe45c",
  green: "#8ff0a4",
  blue: "#9fd0ff",
};

/** The account's preferences after a choice in this browser. What this browser does not know stays as it was. */
export function toAccount(before: Preferences, here: ViewingPreferences, language: Language): Preferences {
  const { size, colour, position } = here.subtitleStyle;
  return {
    ...before,
    language,
    audio_language: here.audio?.language ?? before.audio_language ?? null,
    subtitles: !here.areSubtitlesOff,
    subtitle_language: here.subtitles?.language ?? before.subtitle_language ?? null,
    subtitle_size_percent: SIZE_PERCENT[size],
    subtitle_colour: COLOUR_CODES[colour],
    subtitle_position: position === "top" ? "top" : "bottom",
    data_saver: here.savesData ?? before.data_saver ?? null,
    speed: here.speed,
  };
}

/** What this browser takes over from the account: the nearest that it knows. Null in the account changes nothing. */
export function fromAccount(kept: Preferences, here: ViewingPreferences): Partial<ViewingPreferences> {
  const { size, colour, position } = here.subtitleStyle;
  const percent = kept.subtitle_size_percent ?? null;
  const place = kept.subtitle_position ?? null;
  const speed = kept.speed ?? null;
  const keptColour = Object.entries(COLOUR_CODES).find(([, code]) => code === kept.subtitle_colour);
  // The account knows no raised subtitles: they count as being at the bottom.
  const isSamePlace = (place === "top") === (position === "top");
  return {
    audio: withLanguage(here.audio, kept.audio_language ?? null),
    subtitles: withLanguage(here.subtitles, kept.subtitle_language ?? null),
    areSubtitlesOff: !(kept.subtitles ?? !here.areSubtitlesOff),
    subtitleStyle: {
      size: percent === null ? size : nearest(SUBTITLE_SIZES, (one) => SIZE_PERCENT[one], percent),
      colour: (keptColour?.[0] as SubtitleColour | undefined) ?? colour,
      position: place === null || isSamePlace ? position : place,
    },
    speed: speed === null ? here.speed : nearest(SPEEDS, (one) => one, speed),
    savesData: kept.data_saver ?? here.savesData,
  };
}

/** The account keeps no kind of track, so the kind stays if the language does. */
function withLanguage(here: LanguagePreference | null, language: string | null): LanguagePreference | null {
  return language === null || here?.language === language ? here : { language, isAccessible: false };
}

function nearest<T>(values: readonly [T, ...T[]], sizeOf: (value: T) => number, wanted: number): T {
  const distance = (value: T) => Math.abs(sizeOf(value) - wanted);
  return values.reduce((best, value) => (distance(value) < distance(best) ? value : best));
}
