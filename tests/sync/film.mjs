// A film with the test signal on a server of its own, with two audio tracks and two subtitle tracks.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logIn } from "../browser/client.mjs";
import { ADMIN, publishFilm, startNang } from "../browser/nang.mjs";
import { makeMaster } from "./master.mjs";

/** How long each cue is shown. It begins with its second, like the beeps. */
export const CUE_SECONDS = 0.9;
export const LANGUAGES = ["lo", "en"];

/** Starts a server and publishes a film. `stream`: address of its multivariant playlist. */
export async function startFilm({ rate, seconds, size, profile }) {
  const folder = await mkdtemp(join(tmpdir(), "nang-sync-"));
  const nang = await startNang();
  try {
    const file = join(folder, "master.mov");
    const master = await makeMaster(file, { rate, seconds, size, audio: LANGUAGES.length });
    const client = await logIn(nang, ADMIN);
    const id = await publishFilm(nang, client, file, "Sync", profile);
    for (const language of LANGUAGES) {
      await addSubtitles(nang, client, id, language, cueFile(Math.floor(seconds)));
    }
    const { url } = await (await fetch(`${nang.url}/api/stream/${id}`, { method: "POST" })).json();
    const stop = async () => {
      await nang.stop();
      await rm(folder, { recursive: true, force: true });
    };
    return { nang, folder, master, stream: new URL(url, nang.url).href, stop };
  } catch (error) {
    const log = nang.log();
    await nang.stop();
    throw new Error(`${error.stack}\n${log}`);
  }
}

async function addSubtitles(nang, client, id, language, text) {
  const response = await fetch(`${nang.url}/api/admin/films/${id}/tracks/subtitles?language=${language}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${await client.session.token()}` },
    body: text,
  });
  if (!response.ok) {
    throw new Error(`${response.status} ${await response.text()}`);
  }
}

/** A SubRip file with a cue for each second, whose text is the number of the second. */
function cueFile(seconds) {
  const cues = Array.from({ length: seconds }, (_none, second) => {
    return `${second + 1}\n${clock(second)} --> ${clock(second + CUE_SECONDS)}\n${second}\n`;
  });
  return cues.join("\n");
}

function clock(seconds) {
  const ms = Math.round(seconds * 1000);
  const part = (value, digits) => Math.floor(value).toString().padStart(digits, "0");
  return `${part(ms / 3_600_000, 2)}:${part((ms / 60_000) % 60, 2)}:${part((ms / 1000) % 60, 2)},${part(ms % 1000, 3)}`;
}

/** The URIs and attributes of a playlist's tags of a type (`AUDIO`, `SUBTITLES`). */
export function mediaOf(playlist, type) {
  const lines = playlist
    .split("\n")
    .filter((line) => line.startsWith("#EXT-X-MEDIA:") && line.includes(`TYPE=${type}`));
  return lines.map((line) => {
    const attribute = (name) => new RegExp(`[:,]${name}="([^"]*)"`).exec(line)?.[1];
    return { name: attribute("NAME"), language: attribute("LANGUAGE"), uri: attribute("URI") };
  });
}

/** Reads the cues of each segment of a subtitle playlist: `{ from, to, cues: { start, end, text }[] }`, in seconds. */
export async function readSubtitles(address) {
  const playlist = await (await fetch(address)).text();
  const segments = [];
  let from = 0;
  for (const [, duration, uri] of playlist.matchAll(/#EXTINF:([0-9.]+),?[^\n]*\n([^#\n]+)/g)) {
    const text = await (await fetch(new URL(uri, address))).text();
    const to = from + Number(duration);
    segments.push({ from, to, text, cues: cuesOf(text) });
    from = to;
  }
  return segments;
}

function cuesOf(text) {
  const blocks = text.split(/\n\n+/);
  return blocks.flatMap((block) => {
    const match = /(?:^|\n)([0-9:.]+) --> ([0-9:.]+)[^\n]*\n([\s\S]*)/.exec(block);
    return match ? [{ start: secondsOf(match[1]), end: secondsOf(match[2]), text: match[3].trim() }] : [];
  });
}

function secondsOf(text) {
  return text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}
