// Master files for the tests.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
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
export async function makeLongMaster() {
  const folder = await mkdtemp(join(tmpdir(), "nang-masters-"));
  const film = join(folder, "long.mp4");
  const loop = ["-v", "error", "-stream_loop", "-1", "-i", CLIP, "-t", String(LONG_MASTER_SECONDS)];
  const small = ["-vf", "scale=320:180", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "copy", film];
  await promisify(execFile)("ffmpeg", [...loop, ...small]);
  return { film, remove: () => rm(folder, { recursive: true, force: true }) };
}
