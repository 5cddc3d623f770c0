/** The viewer's choices that concern how the film is loaded and played: quality, data saver, speed. */
import type { PlaybackStore } from "./playback-state";
import type { PlayerEngine } from "./player-engine";
import { type PreferenceStore, SPEEDS, type Speed } from "./viewing-preferences";

export class PlaybackSettings {
  readonly #video: HTMLVideoElement;
  readonly #store: PlaybackStore;
  readonly #engine: PlayerEngine;
  readonly #preferences: PreferenceStore;

  constructor(
    video: HTMLVideoElement,
    store: PlaybackStore,
    engine: PlayerEngine,
    preferences: PreferenceStore,
    signal: AbortSignal,
  ) {
    this.#video = video;
    this.#store = store;
    this.#engine = engine;
    this.#preferences = preferences;
    const { speed, savesData } = preferences.read();
    this.#applySpeed(speed);
    this.#applyDataSaver(savesData ?? deviceSavesData());
    // The element forgets its speed when it gets another source.
    video.addEventListener("loadstart", () => this.#applySpeed(store.get().speed), { signal });
  }

  /** Null: automatic. */
  chooseLevel(level: number | null): void {
    this.#engine.chooseLevel(level);
  }

  chooseSpeed(speed: Speed): void {
    this.#applySpeed(speed);
    this.#preferences.write({ speed });
  }

  /** The next speed up (1) or down (-1). */
  changeSpeed(direction: 1 | -1): void {
    const speed = SPEEDS[SPEEDS.indexOf(this.#store.get().speed) + direction];
    if (speed !== undefined) {
      this.chooseSpeed(speed);
    }
  }

  saveData(savesData: boolean): void {
    this.#applyDataSaver(savesData);
    this.#preferences.write({ savesData });
  }

  #applySpeed(speed: Speed): void {
    this.#video.defaultPlaybackRate = speed;
    this.#video.playbackRate = speed;
    this.#store.set({ speed });
  }

  #applyDataSaver(savesData: boolean): void {
    this.#engine.saveData(savesData);
    this.#store.set({ savesData });
  }
}

/** Whether the viewer asked the device or the browser to use less data. */
function deviceSavesData(): boolean {
  const { connection } = navigator as Navigator & { connection?: { saveData?: boolean } };
  return connection?.saveData === true;
}
