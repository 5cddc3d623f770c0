// Subtitle files that are dropped with films: they join the film of their name, and wait until it can be played.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before } from "node:test";
import { DESKTOP, launchBrowser, PHONE, visit } from "./browser.mjs";
import { logIn } from "./client.mjs";
import { makeLongMaster } from "./master.mjs";
import { ADMIN, startNang } from "./nang.mjs";
import { check, logInOn } from "./site-admin.mjs";
import { stepsOf } from "./steps.mjs";
import { LAO_SRT, subtitleFile, THAI_SRT, WRONG_SRT, windows874 } from "./subtitle-files.mjs";

let nang;
let browser;
let master;
let client;
let desktop;

before(async () => {
  [nang, browser, master] = await Promise.all([startNang(), launchBrowser(), makeLongMaster(3)]);
  client = await logIn(nang, ADMIN);
  desktop = await visit(browser, { ...DESKTOP, locale: "en-US" });
  await logInOn(desktop.page, nang);
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await master?.remove();
});

const step = stepsOf("subtitle-drop", () => ({ servers: [nang], visitors: { desktop } }));

const choose = (page, files) => page.locator("input[type=file][multiple]").setInputFiles(files);

/** The box of a dropped subtitle file. */
const box = (page, name) => page.getByRole("listitem").filter({ hasText: name });

async function subtitlesOf(text) {
  const { items } = await client.get("/api/admin/films", { query: { text } });
  const list = await client.get("/api/admin/films/{id}/tracks", { path: { id: items[0].id } });
  return list.subtitle_tracks.map(({ language }) => language);
}

step("a film and its subtitles in one drop: the file waits for the film, also across a reload", async () => {
  const { page } = desktop;
  const film = { name: "Sabaidee.mov", mimeType: "video/quicktime", buffer: await readFile(master.film) };
  await page.goto(`${nang.url}/admin/uploads`);
  await choose(page, [
    subtitleFile("Sabaidee.lo.srt", LAO_SRT),
    film,
    subtitleFile("Sabaidee.srt", WRONG_SRT),
    subtitleFile("Elsewhere.en.srt", LAO_SRT),
  ]);
  const plan = page.getByRole("dialog", { name: "4 files" });
  const choice = (name) => plan.getByLabel(`What becomes of ${name}`);
  const chosen = (name) => choice(name).locator("option:checked").textContent();
  await choice("Sabaidee.lo.srt").waitFor();
  assert.equal(await chosen("Sabaidee.lo.srt"), "Subtitles of: Sabaidee");
  const item = plan.getByRole("listitem").filter({ hasText: "Sabaidee.lo.srt" });
  assert.equal(await item.getByLabel("Language", { exact: true }).inputValue(), "lo");
  // Its name has no language, so it waits for the editor's.
  assert.equal(await chosen("Sabaidee.srt"), "Subtitles of: Sabaidee");
  assert.equal(await chosen("Elsewhere.en.srt"), "Do not upload");
  await plan.getByText("No film has the name of this subtitle file.").waitFor();
  await plan.getByRole("button", { name: "Upload 2 files" }).waitFor();
  await check(page, "desktop-subtitle-plan");
  const other = plan.getByRole("listitem").filter({ hasText: "Sabaidee.srt" });
  await other.getByLabel("Language", { exact: true }).selectOption("en");
  await plan.getByRole("button", { name: "Upload 3 files" }).click();

  await page.getByText("Sabaidee.mov is uploaded.").waitFor();
  await box(page, "Sabaidee.lo.srt").waitFor();
  await page.reload();
  await box(page, "Sabaidee.lo.srt").getByText("The subtitles were added.").waitFor({ timeout: 300_000 });
  await box(page, "Sabaidee.srt").getByText("2 lines have errors").waitFor();
  await check(page, "desktop-subtitle-drop");
  assert.deepEqual(await subtitlesOf("Sabaidee"), ["lo"]);

  // What was added or discarded does not come back.
  await box(page, "Sabaidee.srt").getByRole("button", { name: "Do not add" }).click();
  await page.reload();
  await page.getByRole("heading", { name: "Uploads" }).waitFor();
  await page.waitForFunction(async () => {
    const open = indexedDB.open("nang-dropped");
    const database = await new Promise((resolve) => {
      open.onsuccess = () => resolve(open.result);
    });
    const count = database.transaction("subtitles").objectStore("subtitles").count();
    const left = await new Promise((resolve) => {
      count.onsuccess = () => resolve(count.result);
    });
    database.close();
    return left === 0;
  });
  assert.equal(await box(page, "Sabaidee.lo.srt").count(), 0);
});

step(
  "a subtitle file of a film that can be played is added at once, with the encoding that the editor confirms",
  async () => {
    const { page } = desktop;
    await page.setViewportSize(PHONE.viewport);
    await choose(page, [{ ...subtitleFile("sabaidee.th.srt", ""), buffer: windows874(THAI_SRT) }]);
    const plan = page.getByRole("dialog", { name: "1 file" });
    await plan.getByLabel("What becomes of sabaidee.th.srt").waitFor();
    await check(page, "phone-subtitle-plan");
    await plan.getByRole("button", { name: "Upload 1 file" }).click();
    const dropped = box(page, "sabaidee.th.srt");
    await dropped.getByText("สวัสดีชาวโลก").waitFor();
    await check(page, "phone-subtitle-drop");
    await dropped.getByLabel("Encoding").selectOption("windows-874");
    await dropped.getByRole("button", { name: "Use windows-874" }).click();
    await dropped.getByText("The subtitles were added.").waitFor();
    assert.deepEqual((await subtitlesOf("Sabaidee")).sort(), ["lo", "th"]);
    await dropped.getByRole("link", { name: "Open the tracks" }).click();
    await page.getByRole("region", { name: "Tracks" }).getByRole("heading", { name: "ไทย" }).waitFor();
  },
);
