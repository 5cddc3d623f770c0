// Where the frames and beeps of the test signal lie, in a file or stream that ffmpeg reads.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { COLUMNS, findBeeps, frameTime, ROWS, readFrame, SAMPLE_RATE, secondOfBeep } from "./signal.mjs";

const MICROSECONDS = "1/1000000";

/**
 * Decodes the times of frames and beeps, in seconds. `inputs`: a file with both, or one of each. `video` and `audio`: number of the
 * stream of its kind; `seek`: options of ffmpeg before each input.
 * @returns {Promise<{frames: {time: number, index: number}[], beeps: {time: number, pitch: number}[]}>}
 */
export async function measure(inputs, { video = 0, audio = 0, seek = [] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "nang-sync-"));
  const path = (name) => join(folder, name);
  const scaling = `scale=${COLUMNS}:${ROWS}:flags=area,format=gray,settb=${MICROSECONDS},split[pixels][times]`;
  const raw = ["-c:v", "rawvideo", "-vsync", "passthrough", "-enc_time_base", MICROSECONDS];
  const samples = [
    "-map",
    `${inputs.length - 1}:a:${audio}`,
    "-c:a",
    "pcm_s16le",
    "-ac",
    "1",
    "-ar",
    String(SAMPLE_RATE),
  ];
  try {
    await promisify(execFile)("ffmpeg", [
      ...[
        "-v",
        "error",
        "-copyts",
        ...inputs.flatMap((input) => [...seek, "-i", input]),
        "-filter_complex",
        `[0:v:${video}]${scaling}`,
      ],
      ...["-map", "[pixels]", ...raw, "-f", "rawvideo", path("frames")],
      ...["-map", "[times]", ...raw, "-f", "framecrc", path("frame-times")],
      ...[...samples, "-f", "s16le", path("samples")],
      ...[...samples, "-f", "framecrc", path("sample-times")],
    ]);
    const [pixels, frameTimes, pcm, sampleTimes] = await Promise.all([
      readFile(path("frames")),
      readFile(path("frame-times"), "utf8"),
      readFile(path("samples")),
      readFile(path("sample-times"), "utf8"),
    ]);
    return { frames: framesOf(pixels, times(frameTimes)), beeps: beepsOf(pcm, times(sampleTimes)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The packets of a framecrc file: `{ time, bytes }`. */
function times(text) {
  const [, num, den] = /^#tb 0: (\d+)\/(\d+)$/m.exec(text);
  const packets = text.split("\n").filter((line) => /^0,/.test(line));
  return packets.map((line) => {
    const [, , pts, , bytes] = line.split(",").map(Number);
    return { time: (pts * num) / den, bytes };
  });
}

/** A frame that a player repeats counts where it is first shown. */
function framesOf(pixels, packets) {
  const size = COLUMNS * ROWS;
  const first = new Map();
  for (const [at, { time }] of packets.entries()) {
    const index = readFrame(pixels.subarray(at * size, (at + 1) * size));
    if (index !== null && !first.has(index)) {
      first.set(index, time);
    }
  }
  return [...first].map(([index, time]) => ({ index, time }));
}

function beepsOf(pcm, packets) {
  const all = new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2);
  const beeps = [];
  let read = 0;
  // Runs of packets without a gap.
  for (let at = 0; at < packets.length; ) {
    const { time } = packets[at];
    const from = read;
    do {
      read += packets[at].bytes / 2;
      at += 1;
    } while (
      at < packets.length &&
      Math.abs(packets[at].time - time - (read - from) / SAMPLE_RATE) < 0.000_5
    );
    const samples = Float32Array.from(all.subarray(from, read), (sample) => sample / 32_768);
    beeps.push(
      ...findBeeps(samples).map((beep) => ({ time: time + beep.sample / SAMPLE_RATE, pitch: beep.pitch })),
    );
  }
  return beeps;
}

/**
 * Compares measured times with those of the master. All results are in milliseconds; positive is late.
 * - `video`, `audio`: the median of how late frames and beeps are.
 * - `skew`: how far audio and video are apart, at the worst frame or beep. Positive: the video is late. Of the frames, the share `ignored`
 *   may be worse.
 */
export function compare({ frames, beeps }, rate, ignored = 0) {
  if (frames.length === 0 || beeps.length === 0) {
    throw new Error(`${frames.length} frames and ${beeps.length} beeps were found`);
  }
  const video = frames.map(({ index, time }) => (time - frameTime(index, rate)) * 1000);
  const videoMedian = median(video);
  const audio = beeps.map(({ time, pitch }) => {
    const second = secondOfBeep(time - videoMedian / 1000, pitch);
    return second === null ? Number.POSITIVE_INFINITY : (time - second) * 1000;
  });
  const audioMedian = median(audio);
  const bySize = (one, other) => Math.abs(one) - Math.abs(other);
  const counted = video.length - Math.floor(video.length * ignored);
  const ofFrames = video
    .map((late) => late - audioMedian)
    .toSorted(bySize)
    .slice(0, counted);
  const skew = [...ofFrames, ...audio.map((late) => videoMedian - late)].toSorted(bySize).at(-1);
  return { video: videoMedian, audio: audioMedian, skew, frames: frames.length, beeps: beeps.length };
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
