// A dub and a subtitle for a published film: an editor adds both, and viewers hear and read them. Viewers who are watching do not notice.
import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before } from "node:test";
import {
  DESKTOP,
  launchBrowser,
  PHONE,
  screenshot,
  showControls,
  visit,
  waitForPlayback,
} from "./browser.mjs";
import { logIn } from "./client.mjs";
import { ADMIN, publishFilm, startNang } from "./nang.mjs";
import { stepsOf } from "./steps.mjs";
import { LAO_SRT, subtitleFile } from "./subtitle-files.mjs";
import { MAX_WAIT_MS, recordWaits, SLOW_MS, show, uploadSpeed } from "./subtitle-page.mjs";
import { DUB_HZ, FILM_SECONDS, MASTER_HZ, makeToneFiles, waitForTone } from "./tones.mjs";

const DUB = "ພາກລາວ";
/** A cue of the Lao file, and when it is shown. */
const CUE = "ສະບາຍດີ ໂລກ";
const CUE_AT = 1;

let nang;
let browser;
let files;
let client;
let filmId;
let videoObjects;
let editor;
let watcher;
let viewer;

before(async () => {
  [nang, browser, files] = await Promise.all([startNang(), launchBrowser(), makeToneFiles()]);
  client = await logIn(nang, ADMIN);
  filmId = await publishFilm(nang, client, files.film, "ສຽງ");
  editor = await visit(browser, { ...DESKTOP, locale: "en-US" });
  watcher = await visit(browser, { ...DESKTOP, locale: "en-US" });
  viewer = await visit(browser, { ...PHONE, locale: "en-US" });
  for (const { page } of [editor, watcher, viewer]) {
    page.setDefaultTimeout(SLOW_MS);
  }
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await files?.remove();
});

const step = stepsOf("dub", () => ({ servers: [nang], visitors: { editor, watcher, viewer } }));

function tracks() {
  return editor.page.getByRole("region", { name: "Tracks" });
}

function row(name) {
  return tracks()
    .getByRole("listitem")
    .filter({ has: editor.page.getByRole("heading", { name, exact: true }) });
}

/** Path, size and time of each object that is not audio or subtitles of the film. */
async function listVideoObjects() {
  const folder = join(nang.storage, "films", filmId);
  const paths = await readdir(folder, { recursive: true });
  const videos = paths.filter((path) => /^builds\/[^/]+\/(v\d+|storyboard)\/./.test(path)).sort();
  return Promise.all(
    videos.map(async (path) => {
      const { size, mtimeMs } = await stat(join(folder, path));
      return `${path} ${size} ${mtimeMs}`;
    }),
  );
}

async function play({ page }) {
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "Play" }).click();
  await waitForPlayback(page, 0.5);
}

step("a viewer watches the film, whose master has one tone", async () => {
  const { page, problems } = watcher;
  page.on("response", (response) => {
    if (response.status() >= 400 && new URL(response.url()).pathname.startsWith("/v/")) {
      problems.push(`${response.status()} for ${response.url()}`);
    }
  });
  await play(watcher);
  await waitForTone(page, MASTER_HZ);
  await page.evaluate(recordWaits);
  videoObjects = await listVideoObjects();
  assert.ok(videoObjects.length > FILM_SECONDS / 6, videoObjects.join("\n"));
});

step("an editor adds a Lao subtitle", async () => {
  const { page } = editor;
  await page.goto(`${nang.url}/admin/films/${filmId}/tracks`);
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await tracks().getByRole("button", { name: "Add subtitles" }).click();
  const form = tracks().getByRole("form", { name: "Add subtitles" });
  await form.locator("input[type=file]").setInputFiles(subtitleFile("ສຽງ.srt", LAO_SRT));
  await form.getByRole("button", { name: "Add the subtitles" }).click();
  await tracks().getByText("3 cues were read (UTF-8).").waitFor();
  await tracks().getByRole("button", { name: "Close" }).click();
});

step("a dub of half of the film is refused with both lengths", async () => {
  const { page } = editor;
  await tracks().getByRole("button", { name: "Add a dub" }).click();
  const form = tracks().getByRole("form", { name: "Add a dub" });
  await form.getByLabel("Shift in seconds").fill("soon");
  await form.getByRole("button", { name: "Upload the dub" }).click();
  await form.getByText("Choose a file.").waitFor();
  await form.getByText("Enter seconds, such as 2.5 or -1.").waitFor();
  await form.locator("input[type=file]").setInputFiles(files.half);
  await form.getByLabel("Shift in seconds").fill("0");
  await form.getByLabel("Name in the menu (optional)").fill(DUB);
  await show(page, "dub-form");
  await form.getByRole("button", { name: "Upload the dub" }).click();
  await form.waitFor({ state: "detached" });
  const refusal = row(DUB).getByRole("alert");
  await refusal
    .getByText("The dub lasts 00:01:00, and the film 00:02:00: the dub ends 60 s too early")
    .waitFor();
  await show(page, "dub-refused");
});

step("the editor chooses the right file, and the upload is paused and resumed", async () => {
  const { page } = editor;
  const setUploadSpeed = await uploadSpeed(editor);
  await setUploadSpeed(files.dubBytes / 60);
  await row(DUB).getByRole("button", { name: "Choose another file" }).click();
  const form = row(DUB).getByRole("form", { name: `Choose another file for ${DUB}` });
  await form.locator("input[type=file]").setInputFiles(files.dub);
  await form.getByRole("button", { name: "Upload the dub" }).click();
  await form.waitFor({ state: "detached" });
  const bar = row(DUB).getByRole("progressbar", { name: "Upload progress" });
  await bar.waitFor();
  await page.waitForFunction(
    () =>
      Number(document.querySelector("[role=progressbar][aria-label='Upload progress']")?.ariaValueNow) > 0,
  );
  await show(page, "dub-uploading");
  await row(DUB).getByRole("button", { name: "Pause" }).click();
  await row(DUB).getByText("Paused").waitFor();
  await setUploadSpeed(-1);
  await row(DUB).getByRole("button", { name: "Resume" }).click();
});

step("the dub is encoded and becomes a track", async () => {
  const { page } = editor;
  const ready = tracks().getByText(`${DUB} is ready. Viewers who press play now can choose it.`);
  // A fast machine may encode it between two looks.
  const encoding = row(DUB).getByRole("progressbar", { name: "Encoding progress" });
  await ready.or(encoding).waitFor();
  if (await encoding.isVisible()) {
    await show(page, "dub-encoding");
  }
  await ready.waitFor();
  await row(DUB).getByText("Added", { exact: true }).waitFor();
  await row(DUB).getByText("The file's only audio track is used").waitFor();
  assert.equal(await tracks().getByText("Dubs in the making").count(), 0);
  await show(page, "dub-ready");
});

step("no video was written", async () => {
  assert.deepEqual(await listVideoObjects(), videoObjects);
});

step("the viewer who was watching keeps hearing the master, without a stall", async () => {
  const { page } = watcher;
  const { time, ended } = await page.evaluate(() => {
    const { currentTime, ended } = document.querySelector("video");
    return { time: currentTime, ended };
  });
  if (!ended) {
    await page.waitForFunction(
      (until) => document.querySelector("video").currentTime >= until,
      Math.min(time + 2, FILM_SECONDS - 1),
    );
    await waitForTone(page, MASTER_HZ);
  }
  const waits = await page.evaluate(() => window.waits);
  assert.ok(Math.max(0, ...waits) < MAX_WAIT_MS, `the video waited ${waits} ms`);
  assert.equal(await page.getByRole("button", { name: /^Audio/, includeHidden: true }).count(), 0);
});

step("a viewer who presses play now chooses the dub, hears its tone and reads the cue", async () => {
  const { page } = viewer;
  await play(viewer);
  await waitForTone(page, MASTER_HZ);
  await choose(page, "Audio");
  await waitForTone(page, DUB_HZ);
  await choose(page, "Subtitles");
  await page.evaluate((from) => {
    document.querySelector("video").currentTime = from;
  }, CUE_AT);
  await page.locator("[data-subtitles=shown]").getByText(CUE, { exact: true }).waitFor();
  await waitForTone(page, DUB_HZ);
  await screenshot(page, "phone-dub-playing");
});

/** Chooses the Lao track of a group in the player's menu. On a busy machine the controls can hide before the tap, so this tries more than once. */
async function choose(page, group) {
  for (let attempt = 1; ; attempt++) {
    await showControls(page);
    try {
      await page.getByRole("button", { name: /^Audio and subtitles/ }).tap({ timeout: 3_000 });
      await page.getByRole("menu").waitFor();
      break;
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
  await screenshot(page, "phone-dub-menu");
  await page
    .getByRole("group", { name: group, exact: true })
    .getByRole("menuitemradio", { name: "Lao" })
    .tap();
}

step("the editor brings the version from before the dub back", async () => {
  const { page } = editor;
  const versions = page.getByRole("region", { name: "Versions" });
  await versions.getByRole("button", { name: "Show this version: 2", exact: true }).click();
  await versions.getByText(`${DUB} is removed.`).waitFor();
  await versions
    .getByRole("group", { name: "Version 2" })
    .getByRole("button", { name: "Show this version" })
    .click();
  await versions.getByText("The film shows version 2.").waitFor();
  await row(DUB).waitFor({ state: "detached" });
  const { audio_tracks, subtitle_tracks } = await client.get("/api/admin/films/{id}/tracks", {
    path: { id: filmId },
  });
  assert.equal(audio_tracks.length, 1);
  assert.equal(subtitle_tracks.length, 1);
});
