// A viewer in the middle of a film, while editors make five presentations of it: nothing stops, nothing fails.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESKTOP, launchBrowser, visit, waitForPlayback } from "./browser.mjs";
import { logIn } from "./client.mjs";
import { makeLongMaster } from "./master.mjs";
import { ADMIN, publishFilm, startNang } from "./nang.mjs";

/** Twice what the film needs: enough, and so little that the player loads segments during the whole test. */
const BANDWIDTH = 2;
/** The player has at least this much in its buffer before the first change. */
const AHEAD_SECONDS = 8;
const FILM_SECONDS = 75;
const MIDDLE_SECONDS = 18;
/** With less than this in its buffer, a video waits for data and not for the processor. */
const EMPTY_SECONDS = 1;
const SLOW_MS = 60_000;

let nang;
let browser;
let master;
let client;
let filmId;

before(async () => {
  [nang, browser, master] = await Promise.all([startNang(), launchBrowser(), makeLongMaster(FILM_SECONDS)]);
  client = await logIn(nang, ADMIN);
  filmId = await publishFilm(nang, client, master.film, "ນ້ຳຂອງ");
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await master?.remove();
});

/** Counts the errors that hls.js reports to its listeners, also those from which it recovers by itself. */
async function recordHlsErrors(page) {
  let isPatched = false;
  await page.addInitScript(() => {
    window.hlsErrors = [];
  });
  await page.route(/\/assets\/hls-[^/]+\.js$/, async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(
      /export\s*\{[^}]*?([\w$]+) as default\s*\};?\s*$/,
      (whole, name) => {
        isPatched = true;
        const hook = `if(event==="hlsError")window.hlsErrors.push(data.details);`;
        return `{const plain=${name}.prototype.trigger;${name}.prototype.trigger=function(event,data){${hook}return plain.call(this,event,data)}}${whole}`;
      },
    );
    await route.fulfill({ response, body });
  });
  return {
    isPatched: () => isPatched,
    read: () => page.evaluate(() => window.hlsErrors),
  };
}

/** Runs in the page: records when the video stopped, with what it had in its buffer. */
function recordStops() {
  window.stops = [];
  const video = document.querySelector("video");
  for (const event of ["waiting", "stalled", "error", "pause", "emptied"]) {
    video.addEventListener(event, () => {
      const { buffered, currentTime } = video;
      const ranges = Array.from({ length: buffered.length }, (_none, at) => [
        buffered.start(at),
        buffered.end(at),
      ]);
      const range = ranges.find(([start, end]) => start <= currentTime && currentTime <= end);
      window.stops.push({ event, currentTime, ahead: range ? range[1] - currentTime : 0 });
    });
  }
}

function subtitles(from) {
  return `1\n00:00:0${from},000 --> 00:01:59,000\nຂໍ້ຄວາມ ${from}\n`;
}

/** Sends a subtitle file. The client of the API sends only JSON. */
async function sendFile(method, path, text) {
  const response = await fetch(`${nang.url}/api/admin/films/${filmId}/${path}`, {
    method,
    headers: { Authorization: `Bearer ${await client.session.token()}` },
    body: text,
  });
  assert.ok(response.ok, `${response.status} ${await response.clone().text()}`);
  return response.json();
}

test("five presentations are made while a viewer watches, without a stall or an error", async (context) => {
  const { page, problems, context: visitor } = await visit(browser, { ...DESKTOP, locale: "en-US" });
  page.setDefaultTimeout(SLOW_MS);
  const hlsErrors = await recordHlsErrors(page);
  const failed = [];
  let segments = 0;
  page.on("requestfailed", (request) => failed.push(`${request.failure()?.errorText} ${request.url()}`));
  page.on("response", (response) => {
    if (response.status() >= 400) {
      failed.push(`${response.status()} ${response.url()}`);
    }
    segments += response.url().endsWith(".m4s") ? 1 : 0;
  });
  const playlist = page.waitForResponse((response) => response.url().endsWith("/main.m3u8"));
  await page.goto(`${nang.url}/films/${filmId}`);
  const [, bitsPerSecond] = /AVERAGE-BANDWIDTH=(\d+)/.exec(await (await playlist).text());
  const network = await visitor.newCDPSession(page);
  await network.send("Network.enable");
  await network.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 40,
    downloadThroughput: (Number(bitsPerSecond) / 8) * BANDWIDTH,
    uploadThroughput: -1,
  });
  await page.getByRole("button", { name: "Play" }).click();
  await waitForPlayback(page, 1);
  await page.evaluate((seconds) => {
    document.querySelector("video").currentTime = seconds;
  }, MIDDLE_SECONDS);
  await page.waitForFunction(
    ([from, ahead]) => {
      const { buffered, currentTime } = document.querySelector("video");
      return currentTime > from && buffered.end(buffered.length - 1) > currentTime + ahead;
    },
    [MIDDLE_SECONDS + 1, AHEAD_SECONDS],
  );
  await page.evaluate(recordStops);
  // Seeking aborts requests and may wait.
  const failedBefore = failed.length;
  const hlsErrorsBefore = (await hlsErrors.read()).length;
  const segmentsBefore = segments;
  const began = await page.evaluate(() => [document.querySelector("video").currentTime, performance.now()]);

  const path = { id: filmId };
  const presentations = async () => (await client.get("/api/admin/films/{id}/presentations", { path })).items;
  const first = (await presentations())[0].id;
  let track;
  const changes = [
    async () => {
      track = (await sendFile("POST", "tracks/subtitles?language=lo&default=true", subtitles(1))).track_id;
    },
    () => sendFile("PUT", `tracks/${track}/subtitle`, subtitles(2)),
    () =>
      client.patch("/api/admin/films/{id}/tracks/{track}", {
        path: { ...path, track },
        body: { label: "ລາວ (ໃໝ່)" },
      }),
    () => client.delete("/api/admin/films/{id}/tracks/{track}", { path: { ...path, track } }),
    () =>
      client.post("/api/admin/films/{id}/presentations/{presentation}/show", {
        path: { ...path, presentation: first },
      }),
  ];
  for (const change of changes) {
    // The viewer loads and plays something after each change.
    const loaded = page.waitForResponse((response) => response.url().endsWith(".m4s"));
    await change();
    await loaded;
    await waitForPlayback(page, 1);
  }
  assert.equal((await presentations()).length, 5, "four new presentations, and the first is shown again");

  const { ended, stops, position } = await page.evaluate(() => {
    const video = document.querySelector("video");
    const position = [video.currentTime, performance.now()];
    return { ended: video.ended, stops: window.stops, position };
  });
  const behind = (position[1] - began[1]) / 1000 - (position[0] - began[0]);
  context.diagnostic(
    `${(position[0] - began[0]).toFixed(1)} s played, ${segments - segmentsBefore} segments loaded, ` +
      `${behind.toFixed(2)} s behind the clock, stops ${JSON.stringify(stops)}`,
  );
  assert.ok(!ended, "the film ended before the last change");
  assert.ok(hlsErrors.isPatched(), "the errors of hls.js were not recorded: its bundle has another form");
  assert.deepEqual((await hlsErrors.read()).slice(hlsErrorsBefore), []);
  assert.deepEqual(failed.slice(failedBefore), []);
  assert.deepEqual(
    stops.filter(({ event, ahead }) => event !== "waiting" || ahead < EMPTY_SECONDS),
    [],
  );
  assert.deepEqual(problems, []);
});
