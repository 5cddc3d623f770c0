// Programs that play a stream and write what they would show, each on its own clock.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { chmod } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { COLUMNS, ROWS } from "./signal.mjs";

const TIMEOUT_MS = 120_000;
const run = promisify(execFile);

/** Whether a program is installed. */
export async function isInstalled(program) {
  return run("sh", ["-c", `command -v ${program}`]).then(
    () => true,
    () => false,
  );
}

/**
 * mpv renders its own timeline into a file, with the frames as small as the test needs them. `start`: seconds; null does not seek, which
 * is not the same as 0. `options`: further options of mpv.
 */
export async function renderWithMpv(input, file, { start = null, length, options = [] }) {
  const seek = start === null ? [] : [`--start=${start}`, "--hr-seek=yes"];
  const scaling = `--vf=lavfi=[scale=${COLUMNS}:${ROWS}:flags=area,format=gray]`;
  const output = [`--o=${file}`, "--of=nut", "--ovc=rawvideo", "--oac=pcm_s16le"];
  await run("mpv", ["--no-config", ...seek, `--length=${length}`, scaling, ...output, ...options, input], {
    timeout: TIMEOUT_MS,
  });
  return file;
}

/** The tracks of a stream, as mpv lists them: `{ type, id, lang, selected, … }`. */
export async function tracksOfMpv(input, options = []) {
  const quiet = ["--no-config", "--vo=null", "--ao=null", "--frames=1"];
  const { stdout } = await run(
    "mpv",
    [...quiet, ...options, `--term-playing-msg=tracks $\{=track-list}`, input],
    {
      timeout: TIMEOUT_MS,
    },
  );
  return JSON.parse(/^tracks (.*)$/m.exec(stdout)[1]);
}

/**
 * VLC reads the stream and writes the packets with the times at which it would decode and show them. `logic`: how it chooses the
 * rendition.
 */
export async function remuxWithVlc(stream, file, { start = 0, logic = "highest" }) {
  // VLC refuses to run as root.
  const account =
    process.getuid() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
  await chmod(dirname(file), 0o777);
  const times = start === 0 ? [] : [`--start-time=${start}`];
  const output = `--sout=#std{access=file,mux=ts,dst=${file}}`;
  const choice = `--adaptive-logic=${logic}`;
  const [program, ...options] = [...account, "cvlc", ...times, choice, output, "--play-and-exit"];
  const env = { ...process.env, HOME: dirname(file) };
  await run(program, [...options, stream, "vlc://quit"], { timeout: TIMEOUT_MS, env });
  return file;
}

/**
 * Joins the init section and the segments of a rendition into one file, in which programs can seek without a playlist: FFmpeg 5 to 7 cannot
 * seek in a playlist of fragmented MP4, its own included.
 */
export async function joinSegments(playlist, file) {
  const text = await (await fetch(playlist)).text();
  const [, init] = /#EXT-X-MAP:URI="([^"]+)"/.exec(text);
  const output = createWriteStream(file);
  for (const name of [init, ...text.split("\n").filter((line) => line && !line.startsWith("#"))]) {
    output.write(new Uint8Array(await (await fetch(new URL(name, playlist))).arrayBuffer()));
  }
  output.end();
  await once(output, "finish");
  return file;
}
