// A film on a server, with two audio tracks and two subtitle tracks: players list and play all of them, and everything is in sync at the
// start, at seams and at the end. NANG_SYNC=all does this with a film of two hours, or of NANG_SYNC_SECONDS.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { checkResult, DRAWN_LATE, playInBrowser, startPages } from "./browsers.mjs";
import { CUE_SECONDS, LANGUAGES, mediaOf, readSubtitles, startFilm } from "./film.mjs";
import { RATES } from "./master.mjs";
import { compare, measure } from "./measure.mjs";
import { joinSegments, renderWithMpv, tracksOfMpv } from "./players.mjs";

const LIMIT_MS = 20;
/** A subtitle segment lasts 60 s, and each second has a cue. */
const FIRST_SEGMENT_CUES = 60;
const ALL = process.env.NANG_SYNC === "all";
/** Chunks of a minute, and chunks of 12 s. Subtitles have segments of a minute. */
const FILM = ALL
  ? {
      seconds: Number(process.env.NANG_SYNC_SECONDS ?? 7200),
      size: { width: 128, height: 72 },
      profile: "default",
      chunk: 60,
    }
  : { seconds: 63, size: { width: 768, height: 432 }, profile: "fast", chunk: 12 };
const RATE = RATES[25];
/** Length of the stretches that are decoded at once. */
const STRETCH = 600;

const run = promisify(execFile);
let film;
let pages;
let main;

before(async () => {
  film = await startFilm({ rate: RATE, ...FILM });
  pages = await startPages(film.folder);
  main = await (await fetch(film.stream)).text();
});

after(async () => {
  pages?.stop();
  await film?.stop();
});

function check(context, name, measured, ignored = 0) {
  const { video, audio, skew, frames, beeps } = compare(measured, RATE, ignored);
  context.diagnostic(
    `${name}: video ${video.toFixed(2)} ms, audio ${audio.toFixed(2)} ms, apart at worst ${skew.toFixed(2)} ms (${frames} frames, ${beeps} beeps)`,
  );
  const worst = Math.max(...[video, audio, skew].map(Math.abs));
  assert.ok(worst <= LIMIT_MS, `${name}: ${worst} ms`);
}

test("every frame and every beep of every audio track is at its time", async (context) => {
  const [rendition] = /^.*v\d+\/index\.m3u8$/m.exec(main);
  const video = await joinSegments(new URL(rendition, film.stream), join(film.folder, "video.mp4"));
  for (const { language, uri } of mediaOf(main, "AUDIO")) {
    const audio = await joinSegments(new URL(uri, film.stream), join(film.folder, "audio.mp4"));
    const frames = new Set();
    const beeps = new Set();
    for (let from = 0; from < FILM.seconds; from += STRETCH) {
      // A second more, so that no beep is cut off at the end of both stretches.
      const seek = ["-ss", String(from), "-t", String(STRETCH + 1)];
      const measured = await measure([video, audio], { seek });
      for (const { index } of measured.frames) {
        frames.add(index);
      }
      for (const { time } of measured.beeps) {
        beeps.add(Math.round(time));
      }
      check(context, `${uri} (${language}) from ${from} s`, measured);
    }
    assert.equal(frames.size, film.master.frames);
    assert.equal(beeps.size, FILM.seconds - 1, "every second but the first has a beep");
  }
});

test("every cue is at its time, in each segment that shows it", async (context) => {
  for (const { language, uri } of mediaOf(main, "SUBTITLES")) {
    const segments = await readSubtitles(new URL(uri, film.stream));
    let late = 0;
    let seen = 0;
    for (const { from, to, text, cues } of segments) {
      assert.ok(text.includes("X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000"), text.slice(0, 200));
      const expected = [];
      for (let second = 0; second < FILM.seconds; second++) {
        if (second < to && second + CUE_SECONDS > from) {
          expected.push(String(second));
        }
      }
      assert.deepEqual(
        cues.map((cue) => cue.text),
        expected,
        `the segment from ${from} s`,
      );
      for (const cue of cues) {
        const second = Number(cue.text);
        late = Math.max(late, Math.abs(cue.start - second), Math.abs(cue.end - second - CUE_SECONDS));
        seen += 1;
      }
    }
    context.diagnostic(
      `${language}: ${seen} cues in ${segments.length} segments, ${(late * 1000).toFixed(2)} ms off at worst`,
    );
    assert.ok(late * 1000 <= LIMIT_MS);
  }
});

/** Short stretches at the start, over seams of segments and chunks, and at the end. */
function steps() {
  const { chunk, seconds } = FILM;
  const last = Math.floor((seconds - 1) / chunk) * chunk;
  const middle = Math.round(last / chunk / 2) * chunk;
  const seams = [...new Set([6, chunk, middle, last])];
  return [
    { name: "start", level: -1, seconds: 2.4 },
    ...seams.map((seam) => ({ name: `over the seam at ${seam} s`, from: seam - 1.6, seconds: 2.8 })),
    { name: "end", from: seconds - 2.7, seconds: 2.6 },
  ];
}

test("frames, beeps and cues are at their times in Chromium", async (context) => {
  const report = await playInBrowser("chromium", pages, film.stream, RATE, steps(), { subtitles: true });
  for (const result of report.results) {
    checkResult(result, "chromium", RATE, (name, measured) => check(context, name, measured, DRAWN_LATE));
    const { name, frames, cues } = result;
    const from = frames[0].time;
    const to = frames.at(-1).time;
    const shown = cues.filter(({ startTime }) => startTime >= from && startTime <= to);
    const late = shown.map(({ startTime, text }) => Math.abs(startTime - Number(text)) * 1000);
    context.diagnostic(
      `${name}: cues ${shown.map(({ text }) => text)}, ${Math.max(...late).toFixed(2)} ms off at worst`,
    );
    assert.ok(
      shown.length >= Math.floor(to - from),
      `${name}: ${shown.length} cues from ${from} s to ${to} s`,
    );
    assert.ok(Math.max(...late) <= LIMIT_MS, name);
  }
});

test("ffprobe lists all renditions and audio tracks", async () => {
  const { stdout, stderr } = await run("ffprobe", [
    "-v",
    "warning",
    "-show_streams",
    "-of",
    "json",
    film.stream,
  ]);
  const { streams } = JSON.parse(stdout);
  const heights = streams.filter(({ codec_type }) => codec_type === "video").map(({ height }) => height);
  const renditions = new Set(main.match(/^[^#]+index\.m3u8$/gm));
  assert.equal(new Set(heights).size, renditions.size, JSON.stringify(heights));
  const languages = streams
    .filter(({ codec_type }) => codec_type === "audio")
    .map(({ tags }) => tags.language);
  assert.deepEqual([...new Set(languages)].toSorted(), LANGUAGES.toSorted());
  // FFmpeg before version 8 cannot read subtitles in HLS, and names each that it leaves out.
  const subtitles = streams.filter(({ codec_type }) => codec_type === "subtitle").length;
  const unsupported = stderr.match(/Can't support the subtitle/g)?.length ?? 0;
  assert.equal(subtitles + unsupported, LANGUAGES.length, stderr);
});

test("mpv lists all renditions and plays each audio track", async (context) => {
  const list = await tracksOfMpv(film.stream);
  const audio = list.filter(({ type }) => type === "audio");
  assert.deepEqual([...new Set(audio.map(({ lang }) => lang))].toSorted(), LANGUAGES.toSorted());
  for (const language of LANGUAGES) {
    const options = [`--alang=${language}`];
    // A language's best rendition is its first.
    const [best] = audio.filter(({ lang }) => lang === language);
    const chosen = await tracksOfMpv(film.stream, options);
    const played = chosen.find(({ type, selected }) => type === "audio" && selected);
    assert.equal(played.id, best.id, `${language}: ${JSON.stringify(played)}`);
    const file = join(film.folder, `mpv-${language}.nut`);
    await renderWithMpv(film.stream, file, { length: 4, options });
    check(context, language, await measure([file]));
  }
});

const withShaka = { skip: process.env.NANG_SHAKA ? false : "NANG_SHAKA is not set (make sync)" };
test("Shaka Player lists and plays all tracks", withShaka, async (context) => {
  const [start] = steps();
  const report = await playInBrowser("chromium", pages, film.stream, RATE, [start], {
    player: "shaka",
    subtitles: true,
  });
  for (const result of report.results) {
    checkResult(result, "chromium", RATE, (name, measured) => check(context, name, measured, DRAWN_LATE));
  }
  const { audio, text } = report.tracks;
  assert.deepEqual([...new Set(audio)].toSorted(), LANGUAGES.toSorted());
  assert.deepEqual(text.map(({ language }) => language).toSorted(), LANGUAGES.toSorted());
  for (const { language, cues } of text) {
    const late = cues.map((cue) => Math.abs(cue.startTime - Number(cue.text)) * 1000);
    context.diagnostic(`${language}: ${cues.length} cues, ${Math.max(...late).toFixed(2)} ms off at worst`);
    assert.ok(cues.length >= FIRST_SEGMENT_CUES && Math.max(...late) <= LIMIT_MS, language);
  }
});
