// Plays a stream as its address says, and reports where frames and beeps lie on the clock of the video element.
//
// - Frames: the media time of each presented frame, with the number that the frame itself shows. A busy browser may draw a later frame
//   than it announces, and Firefox often announces the next one, also of an ordinary MP4 file.
// - Edges: the frames that the paused video shows just before and after a frame begins.
// - Beeps: the element plays into a recorder. A browser begins with the sample that belongs to the position that was sought (at the
//   start: to the first time in the audio buffer), so the samples from there on can be counted. A gap would make the count wrong; the
//   tone under the beeps shows gaps, and the step is repeated.
import { COLUMNS, findBeeps, frameTime, ROWS, readFrame, SAMPLE_RATE } from "./signal.mjs";

const ATTEMPTS = 4;
/** Quieter than every stretch of this many samples of the film. */
const SILENCE = 1e-5;
const GAP_SAMPLES = 96;

const { player, stream, rate, steps, subtitles, edge } = JSON.parse(
  decodeURIComponent(location.hash.slice(1)),
);
const video = document.createElement("video");
document.body.append(video);
const errors = [];

class Recording {
  #batches = [];
  #onBatch = () => undefined;

  static async open() {
    const context = new AudioContext({ sampleRate: SAMPLE_RATE });
    await context.audioWorklet.addModule("recorder.mjs");
    const recorder = new AudioWorkletNode(context, "recorder");
    context.createMediaElementSource(video).connect(recorder).connect(context.destination);
    await context.resume();
    const recording = new Recording();
    recorder.port.onmessage = ({ data }) => {
      recording.#batches.push(data);
      recording.#onBatch();
    };
    return recording;
  }

  /** Forgets everything, after the end of what played before. */
  async clear() {
    do {
      this.#batches = [];
      await new Promise((resolve) => {
        this.#onBatch = resolve;
      });
    } while (this.#batches.some((batch) => batch.some((sample) => Math.abs(sample) > SILENCE)));
    this.#batches = [];
  }

  get samples() {
    const all = new Float32Array(this.#batches.reduce((sum, batch) => sum + batch.length, 0));
    let at = 0;
    for (const batch of this.#batches) {
      all.set(batch, at);
      at += batch.length;
    }
    return all;
  }
}

const canvas = new OffscreenCanvas(COLUMNS, ROWS);
const drawing = canvas.getContext("2d", { willReadFrequently: true });

/** The number of the frame that the video shows. */
function readVideo() {
  drawing.drawImage(video, 0, 0, COLUMNS, ROWS);
  const { data } = drawing.getImageData(0, 0, COLUMNS, ROWS);
  return readFrame(Uint8Array.from({ length: COLUMNS * ROWS }, (_none, at) => data[at * 4 + 1]));
}

/** Collects the frames that are presented until `stop`. */
function watchFrames() {
  const frames = [];
  let handle = null;
  const onFrame = (_now, { mediaTime, height }) => {
    const index = readVideo();
    if (index !== null) {
      frames.push({ time: mediaTime, index, height });
    }
    handle = video.requestVideoFrameCallback(onFrame);
  };
  handle = video.requestVideoFrameCallback(onFrame);
  return { frames, stop: () => video.cancelVideoFrameCallback(handle) };
}

function onError(error) {
  errors.push(error);
  if (error.fatal) {
    send({ failure: "the player stopped", errors });
  }
}

function happened(target, event, condition) {
  if (condition?.()) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const listener = () => {
      if (!condition || condition()) {
        target.removeEventListener(event, listener);
        resolve();
      }
    };
    target.addEventListener(event, listener);
  });
}

const isReady = () => !video.seeking && video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;

async function seekTo(seconds) {
  video.currentTime = seconds;
  await happened(video, "seeked");
  await happened(video, "canplay", isReady);
}

/** The beeps of a recording whose first sample has this media time; null if the recording has gaps. */
function beepsOf(samples, firstTime) {
  const first = samples.findIndex((sample) => Math.abs(sample) > SILENCE);
  let last = samples.length;
  while (last > first && Math.abs(samples[last - 1]) <= SILENCE) {
    last -= 1;
  }
  let silent = 0;
  for (let at = first; at < last; at++) {
    silent = Math.abs(samples[at]) > SILENCE ? 0 : silent + 1;
    if (silent === GAP_SAMPLES) {
      return null;
    }
  }
  const played = samples.subarray(first, last);
  return findBeeps(played).map(({ sample, pitch }) => ({ time: firstTime + sample / SAMPLE_RATE, pitch }));
}

async function play(step, opened, recording) {
  const from = step.from ?? 0;
  if (step.level !== undefined) {
    await opened.setLevel(step.level);
  }
  if (step.from !== undefined) {
    await seekTo(from);
  } else {
    await happened(video, "canplay", isReady);
  }
  await recording.clear();
  const watched = watchFrames();
  if (step.nextLevel !== undefined) {
    opened.setNextLevel(step.nextLevel);
  }
  await video.play();
  await happened(video, "timeupdate", () => video.currentTime >= from + step.seconds || video.ended);
  video.pause();
  await happened(video, "pause", () => video.paused);
  watched.stop();
  if (subtitles) {
    await loadCues();
  }
  const beeps = beepsOf(recording.samples, step.from ?? opened.audioStart());
  return { name: step.name, frames: watched.frames, beeps, cues: cues(), edges: await edges() };
}

/** The frames that the paused video shows shortly before and after it changes from one frame to the next. */
async function edges() {
  const next = Math.floor((video.currentTime * rate.num) / rate.den) - 1;
  const shown = [];
  for (const seconds of [-edge, edge]) {
    const time = frameTime(next, rate) + seconds;
    await seekTo(time);
    // Until the frame is drawn.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    shown.push({ time, index: readVideo() });
  }
  return shown;
}

/** Shows the first subtitle track, as the menu of a browser does, and waits for its cues. */
async function loadCues() {
  while (cues().length === 0) {
    const tracks = [...video.textTracks].filter(({ kind }) => kind === "subtitles");
    if (tracks.length > 0 && tracks.every(({ mode }) => mode === "disabled")) {
      tracks[0].mode = "showing";
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function cues() {
  const tracks = [...video.textTracks].filter(
    ({ kind, mode }) => kind === "subtitles" && mode !== "disabled",
  );
  const all = tracks.flatMap((track) => [...(track.cues ?? [])]);
  return all.map(({ startTime, endTime, text }) => ({ startTime, endTime, text }));
}

/** The player with this name, or the browser's own for a single file. */
async function openPlayer() {
  if (stream.endsWith(".m3u8")) {
    const { open } = await import(`./${player}-player.mjs`);
    return open(video, stream, { subtitles, onError });
  }
  video.src = stream;
  return {
    setLevel: () => undefined,
    setNextLevel: () => undefined,
    audioStart: () => 0,
    tracks: () => null,
  };
}

async function run() {
  await send({ progress: "opening the player" });
  const opened = await openPlayer();
  await send({ progress: "opening the recorder" });
  const recording = await Recording.open();
  const results = [];
  for (const step of steps) {
    await send({ progress: step.name });
    let attempts = 0;
    let result;
    do {
      attempts += 1;
      result = await play(step, opened, recording);
    } while (result.beeps === null && step.from !== undefined && attempts < ATTEMPTS);
    results.push({ ...result, attempts });
  }
  await send({ progress: "listing the tracks" });
  return { results, tracks: await opened.tracks(), errors, agent: navigator.userAgent };
}

function send(report) {
  return fetch("/report", { method: "POST", body: JSON.stringify(report) });
}

addEventListener("error", ({ message }) => send({ failure: message, errors }));
run().then(send, (error) => send({ failure: `${error}`, errors }));
