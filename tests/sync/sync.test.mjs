// Audio and video of what Nang encodes are in sync in every player: at the start, after a seek, across the seams of segments and chunks,
// and after a change of rendition. NANG_SYNC=all measures every frame rate with every profile in every player; without it, the players
// that the other tests need as well.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { checkResult, DRAWN_LATE, playInBrowser, startPages } from "./browsers.mjs";
import { makeMaster, RATES } from "./master.mjs";
import { compare, measure } from "./measure.mjs";
import { heightsOf, isInstalled, joinSegments, remuxWithVlc, renderWithMpv } from "./players.mjs";

const LIMIT_MS = 10;
const SIZE = { width: 768, height: 432 };
/** Several segments, and two chunks of the profile `fast`. */
const SECONDS = 21;
const CHUNK_SEAM = 12;
const ALL = process.env.NANG_SYNC === "all";

const PROFILES = ["fast", "default"];
const FILMS = ALL
  ? Object.keys(RATES).flatMap((fps) => PROFILES.map((profile) => ({ fps, profile })))
  : [
      { fps: "24", profile: "default" },
      { fps: "29.97", profile: "fast" },
    ];

let folder;
let pages;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "nang-sync-"));
  pages = await startPages(folder);
  for (const film of FILMS) {
    film.name = `${film.fps} fps, ${film.profile}`;
    film.folder = `${film.fps}-${film.profile}`;
    film.stream = join(folder, film.folder, "main.m3u8");
    film.rate = RATES[film.fps];
    await encode(film);
    const text = await readFile(film.stream, "utf8");
    film.renditions = [...new Set(text.match(/^v\d+\/index\.m3u8$/gm))];
  }
});

after(async () => {
  pages?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function encode({ fps, profile, folder: name, rate }) {
  const master = join(folder, `${fps}.mov`);
  await makeMaster(master, { rate, seconds: SECONDS, size: SIZE });
  const options = ["encode", master, "--out", join(folder, name), "--profile", profile];
  await promisify(execFile)(process.env.NANG_BIN, options);
  await rm(master);
}

/** Checks one measurement and reports it. */
function check(context, film, name, measured, ignored = 0) {
  const { video, audio, skew, frames, beeps } = compare(measured, film.rate, ignored);
  const figures = [video, audio, skew].map((ms) => ms.toFixed(2).padStart(6));
  context.diagnostic(
    `${film.name}, ${name}: video ${figures[0]} ms, audio ${figures[1]} ms, apart at worst ${figures[2]} ms (${frames} frames, ${beeps} beeps)`,
  );
  assert.ok(Math.abs(skew) <= LIMIT_MS, `${film.name}, ${name}: audio and video are ${skew} ms apart`);
}

/** A test of all films in one player, if it is installed. */
function player(name, program, run) {
  test(`audio and video are in sync in ${name}`, async (context) => {
    if (program && !(await isInstalled(program))) {
      assert.ok(!ALL, `${program} is not installed (scripts/setup sync)`);
      context.skip(`${program} is not installed`);
      return;
    }
    for (const film of FILMS) {
      await run(context, film);
    }
  });
}

const MIDDLE = 7.3;
const BEFORE_SEAM = CHUNK_SEAM - 1.6;

/** The best video rendition and its audio as two files. */
async function joined(film) {
  const files = [`v${SIZE.height}`, "a1"].map((name) => [
    `${pages.url}/stream/${film.folder}/${name}/index.m3u8`,
    join(folder, `${film.folder}-${name}.mp4`),
  ]);
  return Promise.all(files.map(([playlist, file]) => joinSegments(playlist, file)));
}

player("ffmpeg", null, async (context, film) => {
  for (const video of Array.from(film.renditions.keys())) {
    check(context, film, `rendition ${video + 1}`, await measure([film.stream], { video }));
  }
  const seek = ["-ss", String(MIDDLE)];
  check(context, film, "after a seek", await measure(await joined(film), { seek }));
});

player("mpv", "mpv", async (context, film) => {
  const [video, audio] = await joined(film);
  const second = { start: BEFORE_SEAM, length: 4, options: [`--audio-file=${audio}`] };
  const lowest = { length: 4, options: ["--hls-bitrate=min"] };
  for (const [name, input, options] of [
    ["start", film.stream, { length: 4 }],
    ["lowest rendition", film.stream, lowest],
    ["after a seek, across a chunk's end", video, second],
  ]) {
    const file = await renderWithMpv(input, join(folder, "mpv.nut"), options);
    check(context, film, name, await measure([file]));
  }
});

if (ALL) {
  player("VLC", "cvlc", async (context, film) => {
    const stream = `${pages.url}/stream/${film.folder}/main.m3u8`;
    for (const [name, options] of [
      ["start", {}],
      ["lowest rendition", { logic: "lowest" }],
      ["after a seek", { start: MIDDLE }],
    ]) {
      const file = await remuxWithVlc(stream, join(folder, "vlc.ts"), options);
      check(context, film, name, await measure([file]));
    }
    // VLC begins with the lowest rendition, and changes when it has measured the rate of a video segment that is not too short to measure.
    const slow = `${pages.url}/slow/${film.folder}/main.m3u8`;
    const file = await remuxWithVlc(slow, join(folder, "vlc.ts"), { logic: "rate" });
    const heights = await heightsOf(file);
    assert.ok(heights.length === 2 && heights[1] === SIZE.height, `the rendition did not change: ${heights}`);
    check(context, film, "during a change of rendition", await measure([file]));
  });
}

/** `level` counts from the lowest rendition. */
const STEPS = [
  { name: "start", level: -1, seconds: 2.4 },
  { name: "after a seek, across a chunk's end", from: BEFORE_SEAM, seconds: 2.8 },
  { name: "after a change of rendition", level: 0, from: 4.4, seconds: 2.8 },
  { name: "during a change of rendition", nextLevel: -1, from: 8.4, seconds: 5.4 },
];

async function checkBrowser(browser, context, film, options) {
  const stream = `/stream/${film.folder}/main.m3u8`;
  const report = await playInBrowser(browser, pages, stream, film.rate, STEPS, options);
  for (const result of report.results) {
    checkResult(result, browser, film.rate, (name, measured) =>
      check(context, film, name, measured, DRAWN_LATE),
    );
  }
  const heights = report.results.map(({ frames }) => new Set(frames.map(({ height }) => height)));
  assert.ok(!heights[2].has(SIZE.height), "the lowest rendition is as high as the best");
  assert.ok(heights[3].has(SIZE.height), `the rendition did not change: ${[...heights[3]]}`);
}

player("Chromium", null, (context, film) => checkBrowser("chromium", context, film));
if (ALL) {
  player("Firefox", "firefox-esr", (context, film) => checkBrowser("firefox", context, film));
  player("Shaka Player in Chromium", null, (context, film) =>
    checkBrowser("chromium", context, film, { player: "shaka" }),
  );
}
