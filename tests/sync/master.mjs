// Makes a master with the test signal.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { COLUMNS, drawAudio, drawFrame, frameTime, ROWS, SAMPLE_RATE } from "./signal.mjs";

export const RATES = {
  23.976: { num: 24_000, den: 1001 },
  24: { num: 24, den: 1 },
  25: { num: 25, den: 1 },
  29.97: { num: 30_000, den: 1001 },
  30: { num: 30, den: 1 },
};

/**
 * Makes a MOV file with H.264 without reordered frames and ALAC, whose times every program reads alike.
 * `size`: `{ width, height }`, 16:9. `audio`: number of audio tracks.
 */
export async function makeMaster(file, { rate, seconds, size, audio = 1 }) {
  const pcm = `${file}.s16`;
  await writeAudio(pcm, seconds);
  const [frames, samples] = [
    `-f rawvideo -pix_fmt gray -video_size ${COLUMNS}x${ROWS} -framerate ${rate.num}/${rate.den} -i pipe:0`,
    `-f s16le -ar ${SAMPLE_RATE} -ac 1 -i`,
  ].map((text) => text.split(" "));
  const maps = Array.from({ length: audio }, (_none, track) => {
    const language = [`-metadata:s:a:${track}`, `language=${["lao", "eng"][track] ?? "und"}`];
    return ["-map", "1:a", ...language];
  });
  const scaling = ["-vf", `scale=${size.width}:${size.height}:flags=neighbor,format=yuv420p`];
  const coding = "-c:v libx264 -preset ultrafast -crf 12 -bf 0 -g 50 -c:a alac -ac 2".split(" ");
  const ffmpeg = spawn(
    "ffmpeg",
    [
      "-v",
      "error",
      "-y",
      ...frames,
      ...samples,
      pcm,
      "-map",
      "0:v",
      ...maps.flat(),
      ...scaling,
      ...coding,
      file,
    ],
    { stdio: ["pipe", "inherit", "inherit"] },
  );
  const ended = once(ffmpeg, "exit");
  const count = Math.round((seconds * rate.num) / rate.den);
  await writeFrames(ffmpeg.stdin, count, rate);
  const [code] = await ended;
  if (code !== 0) {
    throw new Error(`ffmpeg could not make ${file}`);
  }
  await rm(pcm);
  return { file, rate, seconds: frameTime(count, rate), frames: count };
}

async function writeFrames(stream, frames, rate) {
  const size = COLUMNS * ROWS;
  const batch = 256;
  for (let from = 0; from < frames; from += batch) {
    const count = Math.min(batch, frames - from);
    const pixels = new Uint8Array(count * size);
    for (let at = 0; at < count; at++) {
      drawFrame(from + at, rate, pixels.subarray(at * size, (at + 1) * size));
    }
    if (!stream.write(pixels)) {
      await once(stream, "drain");
    }
  }
  stream.end();
}

async function writeAudio(file, seconds) {
  const stream = createWriteStream(file);
  for (let second = 0; second < Math.ceil(seconds); second++) {
    const samples = new Int16Array(SAMPLE_RATE);
    drawAudio(second * SAMPLE_RATE, samples);
    if (!stream.write(new Uint8Array(samples.buffer))) {
      await once(stream, "drain");
    }
  }
  stream.end();
  await once(stream, "finish");
}
