// hls.js for the page.
import Hls from "./hls.mjs";

/** Loads a stream. Levels count from the lowest frame size, negative ones from the best. */
export async function open(video, stream, { onError }) {
  const hls = new Hls({ enableWorker: false, autoStartLoad: false, maxBufferLength: 10 });
  let audioStart = Number.NaN;
  hls.on(Hls.Events.BUFFER_APPENDED, (_event, { timeRanges }) => {
    if (timeRanges.audio?.length > 0 && Number.isNaN(audioStart)) {
      audioStart = timeRanges.audio.start(0);
    }
  });
  hls.on(Hls.Events.ERROR, (_event, { type, details, fatal }) => onError({ type, details, fatal }));
  const parsed = new Promise((resolve) => hls.once(Hls.Events.MANIFEST_PARSED, resolve));
  hls.attachMedia(video);
  hls.loadSource(stream);
  await parsed;
  // hls.js has them in the order of their bit rates, which is another one where the content is so simple.
  const bySize = [...hls.levels.keys()].toSorted((a, b) => hls.levels[a].height - hls.levels[b].height);
  const indexOf = (level) => bySize.at(level);
  let isStarted = false;
  return {
    /** Where the audio begins on the element's clock. */
    audioStart: () => audioStart,
    /** Discards what is loaded. */
    setLevel: async (level) => {
      const index = indexOf(level);
      if (!isStarted) {
        isStarted = true;
        hls.startLevel = index;
        hls.loadLevel = index;
        hls.startLoad(0);
      } else if (hls.currentLevel !== index) {
        const flushed = new Promise((resolve) => hls.once(Hls.Events.BUFFER_FLUSHED, resolve));
        hls.currentLevel = index;
        await flushed;
      }
    },
    /** Changes to the level at the next segment. */
    setNextLevel: (level) => {
      hls.nextLevel = indexOf(level);
    },
    tracks: () => ({
      audio: hls.audioTracks.map(({ lang }) => lang),
      text: hls.subtitleTracks.map(({ lang }) => lang),
    }),
  };
}
