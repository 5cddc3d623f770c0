// Films and dubs whose audio is a tone of one frequency, and the measurement of the tone that a page plays.
import { execFile } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export const FILM_SECONDS = 120;
export const MASTER_HZ = 440;
export const DUB_HZ = 1_320;
/** The distance of two frequencies that the analyser distinguishes, at 44.1 or 48 kHz. */
const RESOLUTION_HZ = 12;

/** A film with one tone, WAV dubs with another: of the whole film, and of its first half. */
export async function makeToneFiles() {
  const folder = await mkdtemp(join(tmpdir(), "nang-dubs-"));
  const path = (name) => join(folder, name);
  const tone = (hz) => ["-f", "lavfi", "-i", `sine=frequency=${hz}:sample_rate=48000`];
  const film = path("film.mp4");
  const video = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"];
  const coded = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-b:a", "128k"];
  await ffmpeg([...video, ...tone(MASTER_HZ), "-t", String(FILM_SECONDS), ...coded, film]);
  const dub = path("ພາກລາວ.wav");
  await ffmpeg([...tone(DUB_HZ), "-t", String(FILM_SECONDS), "-ac", "2", dub]);
  const half = path("half.wav");
  await ffmpeg([...tone(DUB_HZ), "-t", String(FILM_SECONDS / 2), "-ac", "2", half]);
  const { size } = await stat(dub);
  return { film, dub, half, dubBytes: size, remove: () => rm(folder, { recursive: true, force: true }) };
}

function ffmpeg(options) {
  return promisify(execFile)("ffmpeg", ["-v", "error", "-nostdin", ...options]);
}

/** Waits until the video of the page plays the tone, and nothing louder. The page must have been clicked. */
export async function waitForTone(page, hz) {
  await page.evaluate(listen);
  try {
    await page.waitForFunction(
      ({ wanted, resolution }) => Math.abs(window.loudestHz() - wanted) <= resolution,
      { wanted: hz, resolution: RESOLUTION_HZ },
      { polling: 200 },
    );
  } catch (error) {
    const heard = await page.evaluate(() => window.loudestHz());
    throw new Error(`the page plays ${heard} Hz instead of ${hz} Hz`, { cause: error });
  }
}

/** Runs in the page: lets `window.loudestHz()` return the loudest frequency of the video; 0 if it is silent. */
function listen() {
  if (window.loudestHz) {
    return;
  }
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
  context.createMediaElementSource(document.querySelector("video")).connect(analyser);
  analyser.connect(context.destination);
  void context.resume();
  const levels = new Float32Array(analyser.frequencyBinCount);
  window.loudestHz = () => {
    analyser.getFloatFrequencyData(levels);
    const loudest = levels.reduce((best, level, bin) => (level > levels[best] ? bin : best), 0);
    return levels[loudest] < -80 ? 0 : (loudest * context.sampleRate) / analyser.fftSize;
  };
}
