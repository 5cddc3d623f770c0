// Shaka Player for the page.

function loadLibrary() {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "shaka.js";
    script.onload = () => resolve(window.shaka);
    script.onerror = () => reject(new Error("shaka.js is missing"));
    document.head.append(script);
  });
}

/** Loads a stream. Levels count from the lowest, negative ones from the best. */
export async function open(video, stream, { subtitles, onError }) {
  const shaka = await loadLibrary();
  const player = new shaka.Player();
  player.addEventListener("error", ({ detail: { code, message } }) =>
    onError({ details: code, message, fatal: true }),
  );
  player.configure({ abr: { enabled: false }, streaming: { bufferingGoal: 10 } });
  await player.attach(video);
  await player.load(stream);
  // Before the first segment: the text engine of Shaka Player 5.2 learns its offset from the next video segment that is appended, and
  // keeps cues back until then.
  const [first] = player.getTextTracks();
  if (subtitles) {
    player.selectTextTrack(first);
  }
  /** Variants in the language that plays now. */
  const levels = () => {
    const variants = player.getVariantTracks();
    const { language } = variants.find(({ active }) => active);
    return variants
      .filter((variant) => variant.language === language)
      .toSorted((a, b) => a.height - b.height);
  };
  return {
    audioStart: () => player.getBufferedInfo().audio[0].start,
    setLevel: (level) => player.selectVariantTrack(levels().at(level), true),
    /** Keeps two seconds of what is loaded. */
    setNextLevel: (level) => player.selectVariantTrack(levels().at(level), true, 2),
    /** Plays every audio track, and shows every subtitle track with the cues that are loaded. */
    tracks: async () => {
      const audio = [];
      for (const track of player.getAudioTracks()) {
        player.selectAudioTrack(track);
        await playOn(video);
        audio.push(player.getAudioTracks().find(({ active }) => active).language);
      }
      const text = [];
      for (const track of player.getTextTracks()) {
        player.selectTextTrack(track);
        await playOn(video);
        text.push({ language: track.language, cues: shownCues(video) });
      }
      return { audio, text };
    },
  };
}

/** Plays half a second, from an early position. */
async function playOn(video) {
  video.currentTime = 2;
  await new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
  await video.play();
  while (video.currentTime < 2.5) {
    await new Promise((resolve) => video.addEventListener("timeupdate", resolve, { once: true }));
  }
  video.pause();
}

function shownCues(video) {
  const shown = [...video.textTracks].filter(({ mode }) => mode === "showing");
  const cues = shown.flatMap((track) => [...track.cues]);
  return cues.map(({ startTime, endTime, text }) => ({ startTime, endTime, text }));
}
