/** What a playback needs from the page around it. */
import type { ReportOutbox } from "./playback-reporter";
import type { PlaybackSessionApi } from "./playback-session-api";
import type { PositionOptions } from "./position-saver";
import type { PreferenceStore } from "./viewing-preferences";

export interface PlaybackOptions {
  filmId: string;
  durationSeconds: number;
  sessionApi: PlaybackSessionApi;
  preferences: PreferenceStore;
  /** The language that decides which tracks play until the viewer chooses. */
  pageLanguage(): string;
  /** Where the playback is reported and its position is saved; null for an admin's preview, which is not recorded. */
  record: PlaybackRecord | null;
}

export interface PlaybackRecord extends Omit<PositionOptions, "filmId"> {
  outbox: ReportOutbox;
}
