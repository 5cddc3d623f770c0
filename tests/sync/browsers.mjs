// Chromium and Firefox, each with a page that measures and reports. Firefox has no interface for tests here, so both pages get their
// steps with their address and send their results to the server below.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startAudioServer } from "./audio-server.mjs";
import { frameTime } from "./signal.mjs";

const TIMEOUT_MS = 120_000;
const BROWSER_STARTS = 4;
/** So slow that a player can measure the rate of a segment, and still several times the bitrate of these films. */
const SLOW_BYTES_PER_SECOND = 40_000;
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".m3u8": "application/vnd.apple.mpegurl",
  ".mp4": "video/mp4",
  ".m4s": "video/mp4",
  ".vtt": "text/vtt",
};
const HERE = fileURLToPath(new URL(".", import.meta.url));
const WEB_PLAYER = new URL("../../clients/web/package.json", import.meta.url);
/** Players: hls.js in the version that the web player uses, and Shaka Player. */
const LIBRARIES = {
  "/hls.mjs": () => join(dirname(createRequire(WEB_PLAYER).resolve("hls.js")), "hls.mjs"),
  "/shaka.js": () => process.env.NANG_SHAKA,
};

const FIREFOX_SETTINGS = {
  "browser.aboutwelcome.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "media.autoplay.blocking_policy": 0,
  "media.autoplay.block-webaudio": false,
  "media.autoplay.default": 0,
  "toolkit.telemetry.reportingpolicy.firstRun": false,
};

/** How to start each browser with an address and a new profile folder. */
const BROWSERS = {
  chromium: async (address, profile) => [
    process.env.NANG_CHROMIUM ?? "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
    `--user-data-dir=${profile}`,
    address,
  ],
  firefox: async (address, profile) => {
    const settings = Object.entries(FIREFOX_SETTINGS);
    const lines = settings.map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
    await writeFile(join(profile, "user.js"), lines.join("\n"));
    return ["firefox-esr", "--headless", "--no-remote", "--profile", profile, address];
  },
};

/**
 * Serves the page and the files below `folder`, as `/stream/…`, and their video slowly as `/slow/…`. `nextReport` is the next result of a page, `progress` what it did last.
 */
export async function startPages(folder) {
  let onReport = () => undefined;
  let progress = "nothing";
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      const parts = [];
      for await (const part of request) {
        parts.push(part);
      }
      response.writeHead(204).end();
      const report = JSON.parse(Buffer.concat(parts).toString("utf8"));
      if (report.progress) {
        progress = report.progress;
      } else {
        onReport(report);
      }
      return;
    }
    const { pathname } = new URL(request.url, "http://localhost");
    const [, root, rest] = /^\/(stream|slow)\/(.*)$/.exec(pathname) ?? [];
    const path = root
      ? join(folder, decodeURIComponent(rest))
      : (LIBRARIES[pathname]?.() ?? join(HERE, pathname));
    await sendFile(request, response, path, root === "slow" && /\/v\d+\//.test(rest));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    progress: () => progress,
    nextReport: () =>
      new Promise((resolve) => {
        onReport = resolve;
        progress = "nothing";
      }),
    stop: () => server.close().closeAllConnections(),
  };
}

async function* slowly(parts) {
  for await (const part of parts) {
    yield part;
    await sleep((part.length / SLOW_BYTES_PER_SECOND) * 1000);
  }
}

async function sendFile(request, response, path, slow) {
  const size = (await stat(path).catch(() => null))?.size;
  if (size === undefined) {
    response.writeHead(404).end();
    return;
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const start = range ? Number(range[1]) : 0;
  const end = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
  response.writeHead(range ? 206 : 200, {
    "Accept-Ranges": "bytes",
    "Content-Length": end - start + 1,
    "Content-Type": TYPES[extname(path)] ?? "application/octet-stream",
    ...(range && { "Content-Range": `bytes ${start}-${end}/${size}` }),
  });
  const file = createReadStream(path, { start, end, ...(slow && { highWaterMark: 4096 }) });
  (slow ? Readable.from(slowly(file)) : file).pipe(response);
}

/**
 * Plays a stream in a browser. `stream`: its address for the page. `rate`: its frame rate. `steps`: `{ name, level, from, seconds, nextLevel }` each; `level`
 * counts from the lowest, negative from the best.
 */
export async function playInBrowser(browser, pages, stream, rate, steps, options = {}) {
  for (let attempt = 1; ; attempt++) {
    const report = await playOnce(browser, pages, stream, rate, steps, options);
    // The page cannot repeat a start; a busy machine may leave gaps in it.
    if (attempt === BROWSER_STARTS || report.results.every(({ beeps }) => beeps)) {
      return report;
    }
  }
}

async function playOnce(browser, pages, stream, rate, steps, options) {
  const { player = "hls", subtitles = false } = options;
  const plan = encodeURIComponent(
    JSON.stringify({ player, stream, rate, steps, subtitles, edge: EDGE_SECONDS }),
  );
  const profile = await mkdtemp(join(tmpdir(), `nang-${browser}-`));
  const [command, ...flags] = await BROWSERS[browser](`${pages.url}/page.html#${plan}`, profile);
  const audioServer = browser === "firefox" ? await startAudioServer(profile) : null;
  const lines = [];
  const child = spawn(command, flags, {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...audioServer?.env, HOME: profile },
  });
  child.stderr.on("data", (data) => /dbus|ALSA/.test(data) || lines.push(data));
  const exited = new Promise((resolve) => child.once("exit", resolve));
  let timer;
  const timeout = new Promise((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${browser} did not report in time; last step: ${pages.progress()}`)),
      TIMEOUT_MS,
    );
    child.once("error", reject);
  });
  try {
    const report = await Promise.race([pages.nextReport(), timeout]);
    if (report.failure) {
      throw new Error(`${browser}: ${report.failure} ${JSON.stringify(report.errors)}`);
    }
    return report;
  } catch (error) {
    throw new Error(`${error.message}\n${Buffer.concat(lines).toString("utf8").slice(-2000)}`);
  } finally {
    clearTimeout(timer);
    // The whole group: browsers have many processes.
    process.kill(-child.pid, "SIGKILL");
    await exited;
    await audioServer?.stop();
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Of the frames that a browser presents, the share that a busy machine may draw later than announced. */
export const DRAWN_LATE = 0.1;

/** How exactly the paused frames are known: the page looks at them this long before and after they begin. */
const EDGE_SECONDS = 0.005;

/**
 * Checks one step. `check` gets its name, frames and beeps. While Firefox plays, it announces some frames a frame early; so there, the
 * frames are those of the paused video, each at both ends of what is known.
 */
export function checkResult({ name, frames, beeps, edges }, browser, rate, check) {
  assert.ok(beeps, `${name}: the audio has gaps in every attempt`);
  for (const { time, index } of edges) {
    assert.equal(index, Math.floor((time * rate.num) / rate.den), `${name}: the frame at ${time} s`);
  }
  const paused = edges.flatMap(({ index }) =>
    [-EDGE_SECONDS, EDGE_SECONDS].map((seconds) => ({ time: frameTime(index, rate) + seconds, index })),
  );
  check(name, { frames: browser === "firefox" ? paused : frames, beeps });
}
