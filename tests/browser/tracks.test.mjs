// Subtitles of a published film: an editor adds, corrects and takes back, and viewers read them in the player.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before } from "node:test";
import { DESKTOP, launchBrowser, PHONE, screenshot, visit, waitForPlayback } from "./browser.mjs";
import { logIn } from "./client.mjs";
import { makeLongMaster } from "./master.mjs";
import { ADMIN, publishFilm, startNang } from "./nang.mjs";
import { stepsOf } from "./steps.mjs";
import {
  CORRECTED,
  CORRECTED_FROM,
  CORRECTED_TO,
  LAO_SRT,
  manyCues,
  subtitleFile,
  THAI_SRT,
  WRONG_SRT,
  windows874,
} from "./subtitle-files.mjs";
import {
  chooseSubtitles,
  MAX_WAIT_MS,
  recordSubtitles,
  recordWaits,
  SLOW_MS,
  show,
  TIME_TOLERANCE,
  trackPath,
  uploadSpeed,
} from "./subtitle-page.mjs";

let nang;
let browser;
let master;
let client;
let filmId;
let editor;
let phone;
let watcher;

before(async () => {
  [nang, browser, master] = await Promise.all([startNang(), launchBrowser(), makeLongMaster()]);
  client = await logIn(nang, ADMIN);
  filmId = await publishFilm(nang, client, master.film, "ແມ່ນ້ຳຂອງ");
  editor = await visit(browser, { ...DESKTOP, locale: "en-US" });
  phone = await visit(browser, { ...PHONE, locale: "lo-LA" });
  watcher = await visit(browser, { ...DESKTOP, locale: "en-US" });
  for (const { page } of [editor, phone, watcher]) {
    page.setDefaultTimeout(SLOW_MS);
  }
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await master?.remove();
});

const step = stepsOf("tracks", () => ({ servers: [nang], visitors: { editor, phone, watcher } }));

function tracks() {
  return editor.page.getByRole("region", { name: "Tracks" });
}

function trackRow(name) {
  return tracks()
    .getByRole("listitem")
    .filter({ has: editor.page.getByRole("heading", { name, exact: true }) });
}

async function openForm() {
  await tracks().getByRole("button", { name: "Add subtitles" }).click();
  const form = tracks().getByRole("form", { name: "Add subtitles" });
  await form.waitFor();
  return form;
}

step("an editor opens a published film that has no subtitles", async () => {
  const { page } = editor;
  await page.goto(`${nang.url}/admin/films/${filmId}/tracks`);
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await tracks().getByText("This film has no subtitles yet.").waitFor();
  await page.getByRole("region", { name: "Versions" }).getByText("Shown now").waitFor();
  await show(page, "none");
});

step("a viewer starts to watch before the film has subtitles", async () => {
  const { page, problems } = watcher;
  page.on("console", (message) => {
    if (message.type() === "error") {
      problems.push(`console: ${message.text()}`);
    }
  });
  page.on("response", (response) => {
    if (response.status() >= 400 && new URL(response.url()).pathname.startsWith("/v/")) {
      problems.push(`${response.status()} for ${response.url()}`);
    }
  });
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "Play" }).click();
  await waitForPlayback(page, 1);
  await page.evaluate(recordWaits);
});

step("the editor adds a Lao file, and a double click sends it once", async () => {
  const { page } = editor;
  let sent = 0;
  page.on("request", (request) => {
    sent += request.method() === "POST" && request.url().includes("/tracks/subtitles?") ? 1 : 0;
  });
  const form = await openForm();
  await form.locator("input[type=file]").setInputFiles(subtitleFile("ແມ່ນ້ຳຂອງ.srt", LAO_SRT));
  assert.equal(await form.getByLabel("Language", { exact: true }).inputValue(), "lo");
  await form.getByText("Timing", { exact: true }).click();
  await show(page, "form");
  await form.getByRole("button", { name: "Add the subtitles" }).dblclick();
  await tracks().getByText("3 cues were read (UTF-8).").waitFor();
  await trackRow("ລາວ").getByText("Lao", { exact: true }).waitFor();
  await show(page, "added");
  await tracks().getByRole("button", { name: "Close" }).click();
  assert.equal(sent, 1);
});

step("a file with errors is refused, with each line", async () => {
  const { page } = editor;
  const form = await openForm();
  await form.getByRole("button", { name: "Add the subtitles" }).click();
  await form.getByText("Choose a file.").waitFor();
  await form.locator("input[type=file]").setInputFiles(subtitleFile("wrong.srt", WRONG_SRT));
  await form.getByRole("button", { name: "Add the subtitles" }).click();
  const refusal = form.getByRole("alert");
  await refusal.getByText("Line 2:", { exact: true }).waitFor();
  await refusal.getByText("00:00:05,000 --> 00:00:02,000").waitFor();
  await show(page, "refused");
  await form.getByRole("button", { name: "Cancel" }).click();
  await form.waitFor({ state: "detached" });
});

step("the editor adds a Thai file and confirms its encoding", async () => {
  const { page } = editor;
  const form = await openForm();
  await form.locator("input[type=file]").setInputFiles(subtitleFile("thai.srt", windows874(THAI_SRT)));
  await form.getByLabel("Language", { exact: true }).selectOption("th");
  await form.getByRole("button", { name: "Add the subtitles" }).click();
  const question = form.getByRole("region", { name: "Can you read this text?" });
  await question.getByText("สวัสดีชาวโลก").waitFor();
  await show(page, "encoding");
  await question.getByLabel("Encoding").selectOption("windows-1252");
  await question.getByText("ÊÇÑÊ´Õ").waitFor();
  await question.getByLabel("Encoding").selectOption("windows-874");
  await question.getByRole("button", { name: "Use windows-874" }).click();
  await tracks().getByText("1 cue was read (windows-874).").waitFor();
  await tracks().getByRole("button", { name: "Close" }).click();
  await trackRow("ไทย").getByText("Thai", { exact: true }).waitFor();
});

step("the editor changes the order and the flags with the keyboard", async () => {
  const { page } = editor;
  const up = tracks().getByRole("button", { name: "Move ไทย up" });
  await up.focus();
  await page.keyboard.press("Enter");
  await tracks().getByText("ไทย is now number 1 of 2.").waitFor();
  const down = tracks().getByRole("button", { name: "Move ไทย down" });
  assert.ok(await down.evaluate((button) => button === document.activeElement));
  await page.keyboard.press("Enter");
  await tracks().getByText("ไทย is now number 2 of 2.").waitFor();

  await trackRow("ລາວ").getByRole("button", { name: "Edit: ລາວ" }).click();
  const form = tracks().getByRole("form", { name: "Edit the track ລາວ" });
  await show(page, "edit-track");
  await form.getByLabel("Name in the menu").fill("ไทย");
  await form.getByRole("button", { name: "Save" }).click();
  await tracks().getByRole("alert").filter({ hasText: "Check it and repeat your change." }).waitFor();
  await show(page, "same-name");
  await form.getByLabel("Name in the menu").fill("ລາວ");
  await form.getByLabel("Default").check();
  await form.getByRole("button", { name: "Save" }).click();
  await form.waitFor({ state: "detached" });
  await trackRow("ລາວ").getByText("Default", { exact: true }).waitFor();
});

step("the editor corrects a cue, and another editor's change at the same time is not lost", async () => {
  const { page } = editor;
  await trackRow("ລາວ").getByRole("link", { name: "Edit text: ລາວ" }).click();
  await page.getByText("3 cues", { exact: true }).waitFor();
  await show(page, "cues");
  await page.getByLabel("Search in the text").fill("ຕອນຮັບ");
  await page.getByText("1 cue found").waitFor();
  await page.getByRole("button", { name: "Edit cue 2", exact: true }).click();
  const form = page.getByRole("form", { name: "Edit cue 2" });
  assert.equal(await form.getByLabel("Text").evaluate((text) => text.lang), "lo");
  await form.getByLabel("Text").fill(CORRECTED);
  await form.getByLabel("Disappears at").fill("0:00:07");
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByText("The cue must disappear after it appears.").waitFor();
  await form.getByLabel("Disappears at").fill("00:00:12,5");
  await show(page, "cue-form");

  // Another editor inserts a cue before it.
  const track = trackPath(editor.page);
  const { build_id } = await client.get("/api/admin/films/{id}/tracks/{track}/cues", { path: track });
  const body = { build_id, start_ms: 6_000, end_ms: 7_000, text: "ກ່ອນ" };
  await client.post("/api/admin/films/{id}/tracks/{track}/cues", { path: track, body });

  await form.getByRole("button", { name: "Save" }).click();
  const moved = page.getByRole("form", { name: "Edit cue 3" });
  await moved.getByRole("alert").filter({ hasText: "Another editor has changed these subtitles." }).waitFor();
  assert.equal(await moved.getByLabel("Text").inputValue(), CORRECTED);
  await show(page, "cue-outdated");
  await moved.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved. Viewers who press play now get it.").waitFor();
  await moved.waitFor({ state: "detached" });
  const { items } = await client.get("/api/admin/films/{id}/tracks/{track}/cues", { path: track });
  const texts = items.map(({ text }) => text);
  assert.deepEqual(texts, ["ສະບາຍດີ <i>ໂລກ</i>", "ກ່ອນ", CORRECTED, "ນ້ຳໃສ &amp; ປ່າຂຽວ"]);
  assert.equal(items[2].end_ms, CORRECTED_TO * 1000);
});

/** The film and track of the editor's page. */
step("the editor inserts and deletes a cue, and downloads the file", async () => {
  const { page } = editor;
  await page.getByRole("button", { name: "Insert a cue after cue 4" }).click();
  const form = page.getByRole("form", { name: "New cue" });
  assert.equal(await form.getByLabel("Appears at", { exact: true }).inputValue(), "0:00:24.000");
  await form.getByLabel("Text").fill("ຈົບ");
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Edit cue 5", exact: true }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("group", { name: "Delete" }).getByRole("button", { name: "Delete" }).click();
  await page.getByText("The cue was deleted.").waitFor();

  for (const [format, name, begin] of [
    ["SRT", "ແມ່ນ້ຳຂອງ.lo.srt", "1\n00:00:01,000 --> "],
    ["WebVTT", "ແມ່ນ້ຳຂອງ.lo.vtt", "WEBVTT"],
  ]) {
    const downloaded = page.waitForEvent("download");
    await page.getByRole("button", { name: `Download ${format}` }).click();
    const download = await downloaded;
    assert.equal(download.suggestedFilename(), name);
    const text = (await readFile(await download.path(), "utf8"))
      .replace(/^\uFEFF/, "")
      .replaceAll("\r\n", "\n");
    assert.ok(text.startsWith(begin) && text.includes(CORRECTED), text);
  }
});

step("a viewer on a phone chooses Lao and reads the corrected cue at its time", async () => {
  const { page } = phone;
  await page.addInitScript(recordSubtitles);
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "ຫຼິ້ນ" }).tap();
  await waitForPlayback(page, 0.5);
  await chooseSubtitles(page, "ປິດ");
  await page.locator("[data-subtitles=none]").waitFor({ state: "attached" });
  await chooseSubtitles(page, "ລາວ");
  // Choosing takes long on a busy machine, so the film starts again before the cue.
  await page.evaluate((from) => {
    window.shownSubtitles = [];
    document.querySelector("video").currentTime = from;
  }, CORRECTED_FROM - 2);
  await page.waitForFunction(
    (from) => document.querySelector("video").currentTime > from,
    CORRECTED_FROM + 1,
  );
  await page.locator("[data-subtitles=shown]").getByText(CORRECTED, { exact: true }).waitFor();
  await screenshot(page, "phone-tracks-playing");
  await page.waitForFunction((to) => document.querySelector("video").currentTime > to + 1, CORRECTED_TO);
  const times = await page.evaluate(
    (wanted) => window.shownSubtitles.filter(({ text }) => text.includes(wanted)).map(({ time }) => time),
    CORRECTED,
  );
  assert.ok(Math.abs(times[0] - CORRECTED_FROM) < TIME_TOLERANCE, `shown from ${times[0]} s`);
  assert.ok(times.at(-1) < CORRECTED_TO + TIME_TOLERANCE, `still shown at ${times.at(-1)} s`);
  assert.equal(await page.locator("[data-subtitles]").getAttribute("lang"), "lo");
});

step("the viewer who was watching keeps playing without a stall", async () => {
  const { page } = watcher;
  const { time, ended } = await page.evaluate(() => {
    const video = document.querySelector("video");
    return { time: video.currentTime, ended: video.ended };
  });
  if (!ended) {
    await page.waitForFunction((until) => {
      const video = document.querySelector("video");
      return video.ended || video.currentTime >= until;
    }, time + 2);
  }
  const waits = await page.evaluate(() => window.waits);
  assert.ok(Math.max(0, ...waits) < MAX_WAIT_MS, `the video waited ${waits} ms`);
  assert.equal(await page.getByRole("button", { name: /^Subtitles/, includeHidden: true }).count(), 0);
});

step("an editor replaces a file by one with 2,000 cues and works with it on a phone", async () => {
  const { page } = editor;
  await page.goto(`${nang.url}/admin/films/${filmId}/tracks`);
  await trackRow("ไทย").getByRole("link", { name: "Edit text: ไทย" }).click();
  await page.getByText("1 cue", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Replace the file" }).click();
  const form = page.getByRole("form", { name: "Replace the file" });
  await form.locator("input[type=file]").setInputFiles(subtitleFile("many.srt", manyCues()));
  await show(page, "replace");
  const send = form.getByRole("button", { name: "Replace the file" });
  const setUploadSpeed = await uploadSpeed(editor);
  await setUploadSpeed(8_000);
  await send.click();
  await page.waitForFunction(
    () => Number(document.querySelector("form [role=progressbar]")?.ariaValueNow) > 0,
  );
  assert.ok(await form.getByRole("button", { name: "Sending" }).isDisabled());
  await show(page, "sending");
  await form.getByRole("button", { name: "Cancel" }).click();
  await setUploadSpeed(-1);
  await send.click();
  await page.getByText(/^2\s000 cues were read/).waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByText(/^2\s000 cues$/).waitFor();
  await show(page, "many-cues");
  await page.setViewportSize(PHONE.viewport);
  await page
    .getByRole("navigation", { name: "Pages of cues" })
    .first()
    .getByRole("button", { name: "Later" })
    .click();
  await page.getByText("ข้อความที่ 51", { exact: true }).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Edit cue/ }).count(), 50);
  await page.getByLabel("Search in the text").fill("ที่ 1999");
  await page.getByRole("button", { name: "Edit cue 1999", exact: true }).waitFor();
  await page.getByLabel("Search in the text").fill("");
  await page.getByLabel("Go to a time").fill("1:00");
  await page.getByRole("button", { name: "Go", exact: true }).click();
  await page.getByRole("button", { name: "Edit cue 1001", exact: true }).waitFor();
  assert.match(await page.evaluate(() => document.activeElement.ariaLabel), /^Edit cue 100\d$/);
  await page.setViewportSize(DESKTOP.viewport);
});

step("the editor removes a track after a question", async () => {
  const { page } = editor;
  // Data is deleted only after a day, so the page hears of it early.
  await page.route("**/presentations", async (route) => {
    const response = await route.fetch();
    const list = await response.json();
    const items = list.items.map((item) => (item.number === 2 ? { ...item, can_be_shown: false } : item));
    await route.fulfill({ response, json: { items } });
  });
  await page.getByRole("link", { name: "ແມ່ນ້ຳຂອງ" }).click();
  await trackRow("ไทย").getByRole("button", { name: "Remove: ไทย" }).click();
  await trackRow("ไทย").getByText("Remove ไทย from the film?").waitFor();
  await show(page, "remove");
  await trackRow("ไทย").getByRole("group").getByRole("button", { name: "Remove" }).click();
  await tracks().getByText("ไทย was removed.").waitFor();
  await trackRow("ไทย").waitFor({ state: "detached" });
});

step("the editor shows the first version again, and new viewers have no subtitles", async () => {
  const { page } = editor;
  const versions = page.getByRole("region", { name: "Versions" });
  await versions.getByText("Track removed").waitFor();
  await versions.getByRole("button", { name: /^Show \d+ earlier versions/ }).click();
  await versions.getByText("It cannot be shown any more").waitFor();
  assert.equal(await versions.getByRole("button", { name: "Show this version: 2", exact: true }).count(), 0);
  await versions.getByRole("button", { name: "Show this version: 1", exact: true }).click();
  await versions.getByText("ລາວ is removed.").waitFor();
  await show(page, "versions");
  await versions
    .getByRole("group", { name: "Version 1" })
    .getByRole("button", { name: "Show this version" })
    .click();
  await versions.getByText("The film shows version 1.").waitFor();
  await tracks().getByText("This film has no subtitles yet.").waitFor();

  const viewer = await visit(browser, { ...DESKTOP, locale: "en-US" });
  viewer.page.setDefaultTimeout(SLOW_MS);
  await viewer.page.goto(`${nang.url}/films/${filmId}`);
  await viewer.page.getByRole("button", { name: "Play" }).click();
  await waitForPlayback(viewer.page, 1);
  await viewer.page
    .getByRole("button", { name: /^Settings/, includeHidden: true })
    .waitFor({ state: "attached" });
  const menus = viewer.page.getByRole("button", { name: /^Subtitles/, includeHidden: true });
  assert.equal(await menus.count(), 0);
  assert.deepEqual(viewer.problems, []);
  await viewer.context.close();
});
