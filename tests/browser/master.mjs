// Master files for the tests.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const CLIP = fileURLToPath(new URL("../../media/bbb_720p25_5s.mp4", import.meta.url));

export const MASTER_SECONDS = 30;

/** A film long enough for several chunks, a text file named like a film, and a large file that takes a while to upload. */
export async function makeMasters() {
  const folder = await mkdtemp(join(tmpdir(), "nang-masters-"));
  const film = join(folder, "ກະຕ່າຍ ໃຫຍ່.mp4");
  const text = join(folder, "not a film.mp4");
  const loop = [
    "-v",
    "error",
    "-stream_loop",
    "-1",
    "-i",
    CLIP,
    "-t",
    String(MASTER_SECONDS),
    "-c",
    "copy",
    film,
  ];
  const large = join(folder, "large.mov");
  await promisify(execFile)("ffmpeg", loop);
  await writeFile(text, "This is a text file, not a film.\n".repeat(200));
  await writeFile(large, Buffer.alloc(24_000_000, 7));
  return { film, text, large, remove: () => rm(folder, { recursive: true, force: true }) };
}

export const LONG_MASTER_SECONDS = 120;

/** A film that is long enough to be resumed and small enough to be encoded quickly. */
export async function makeLongMaster(seconds = LONG_MASTER_SECONDS) {
  const folder = await mkdtemp(join(tmpdir(), "nang-masters-"));
  const film = join(folder, "long.mp4");
  const loop = ["-v", "error", "-stream_loop", "-1", "-i", CLIP, "-t", String(seconds)];
  const small = ["-vf", "scale=320:180", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "copy", film];
  await promisify(execFile)("ffmpeg", [...loop, ...small]);
  return { film, remove: () => rm(folder, { recursive: true, force: true }) };
}

export const CHAPTERS = [
  { start: 0, title: "ແມ່ນ້ຳ" },
  { start: 10, title: "The market" },
  { start: 20, title: "ທາງກັບບ້ານ" },
];

/** A film of half a minute with three chapters. */
export async function makeMasterWithChapters() {
  const folder = await mkdtemp(join(tmpdir(), "nang-masters-"));
  const [film, metadata] = ["chapters.mkv", "chapters.txt"].map((name) => join(folder, name));
  const chapters = CHAPTERS.map(
    ({ start, title }) =>
      `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${start * 1000}\nEND=${start * 1000 + 10_000}\ntitle=${title}\n`,
  );
  await writeFile(metadata, `;FFMETADATA1\n${chapters.join("")}`);
  const loop = ["-v", "error", "-stream_loop", "-1", "-i", CLIP, "-i", metadata, "-map_metadata", "1"];
  const small = ["-vf", "scale=320:180", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "copy"];
  await promisify(execFile)("ffmpeg", [...loop, "-t", "30", ...small, film]);
  return { film, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A Blu-ray subtitle file with one empty presentation. */
function imageSubtitles() {
  const segment = (kind, payload) =>
    Buffer.concat([
      Buffer.from("PG\0\x01\x5f\x90\0\0\0\0", "latin1"),
      Buffer.from([kind, 0, payload.length]),
      Buffer.from(payload),
    ]);
  return Buffer.concat([segment(0x16, [7, 0x80, 4, 0x38, 0x10, 0, 0, 0x80, 0, 0, 0]), segment(0x80, [])]);
}

/** A film of 5 s with Lao subtitles as text, English ones that are not Unicode, and French ones as images. */
export async function makeMasterWithStreams() {
  const folder = await mkdtemp(join(tmpdir(), "nang-masters-"));
  const [film, lao, english, french] = ["film.mkv", "lao.srt", "english.srt", "french.sup"].map((name) =>
    join(folder, name),
  );
  await writeFile(lao, "1\n00:00:00,000 --> 00:00:05,000\nສະບາຍດີ & ໂລກ\n");
  await writeFile(english, "1\n00:00:01,000 --> 00:00:02,000\nPLACEHOLDER\n");
  await writeFile(french, imageSubtitles());
  const inputs = ["-i", CLIP, "-i", lao, "-i", english, "-f", "sup", "-i", french];
  const maps = ["0", "1", "2", "3"].flatMap((input) => ["-map", input]);
  const names = ["lao", "eng", "fre"].flatMap((language, at) => [
    `-metadata:s:s:${at}`,
    `language=${language}`,
  ]);
  const copy = ["-c", "copy", ...names, "-disposition:s:0", "default", film];
  await promisify(execFile)("ffmpeg", ["-v", "error", ...inputs, ...maps, ...copy]);
  const bytes = await readFile(film);
  bytes.write("S\xe3o Paulo\xff\xff", bytes.indexOf("PLACEHOLDER"), "latin1");
  await writeFile(film, bytes);
  return { film, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A film of a minute whose video is unreadable from 20 s to 23 s and whose audio is unreadable from 40 s to 40.5 s. */
export async function makeDamagedMaster() {
  const folder = await mkdtemp(join(tmpdir(), "nang-masters-"));
  const film = join(folder, "damaged.mp4");
  const inputs = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=60", "-f", "lavfi", "-i", "sine=440:d=60"];
  const encoders = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac"];
  const language = ["-metadata:s:a:0", "language=lao"];
  await promisify(execFile)("ffmpeg", ["-v", "error", ...inputs, ...encoders, ...language, film]);
  const bytes = await readFile(film);
  await overwritePackets(film, bytes, "v:0", 20, 23);
  await overwritePackets(film, bytes, "a:0", 40, 40.5);
  await writeFile(film, bytes);
  return { film, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function overwritePackets(film, bytes, stream, from, to) {
  const format = ["-show_entries", "packet=pts_time,size,pos", "-of", "csv=p=0"];
  const { stdout } = await promisify(execFile)(
    "ffprobe",
    ["-v", "error", "-select_streams", stream, ...format, film],
    { maxBuffer: 1 << 24 },
  );
  for (const line of stdout.trim().split("\n")) {
    // Side data of a packet is on a line of its own.
    const [time, size, at] = line.split(",").map(Number);
    if (at > 0 && time >= from && time < to) {
      bytes.fill(0xff, at, at + size);
    }
  }
}
