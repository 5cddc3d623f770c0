// The life of a film: an admin creates it from a file, publishes it and unpublishes it, and a viewer watches it on a phone.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import {
  assertFitsItsWidth,
  DESKTOP,
  frameContrast,
  launchBrowser,
  PHONE,
  screenshot,
  visit,
  waitForPlayback,
} from "./browser.mjs";
import { makeMasters } from "./master.mjs";
import { ADMIN, startNang } from "./nang.mjs";
import { stepsOf } from "./steps.mjs";

const TITLES = { lo: "ກະຕ່າຍໃຫຍ່", en: "Big Buck Bunny" };
const ENCODING_TIMEOUT_MS = 180_000;
/** Real frames have far more contrast; uniform ones have none. */
const MIN_CONTRAST = 8;

let nang;
let browser;
let masters;
let admin;
let viewer;
let filmId;

before(async () => {
  [nang, browser, masters] = await Promise.all([startNang(), launchBrowser(), makeMasters()]);
  admin = await visit(browser, { ...DESKTOP, locale: "en-US" });
  viewer = await visit(browser, { ...PHONE, locale: "lo-LA" });
  await admin.page.addInitScript(recordProgress);
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await masters?.remove();
});

/** Runs in the page: records every value that a progress bar has shown, by its label. */
function recordProgress() {
  window.shownProgress = {};
  const record = () => {
    for (const bar of document.querySelectorAll("[role=progressbar]")) {
      const values = window.shownProgress[bar.ariaLabel] ?? [];
      window.shownProgress[bar.ariaLabel] = values;
      const value = Number(bar.ariaValueNow);
      if (values.at(-1) !== value) {
        values.push(value);
      }
    }
  };
  new MutationObserver(record).observe(document, { subtree: true, childList: true, attributes: true });
}

const step = stepsOf("film", () => ({ servers: [nang], visitors: { admin, viewer } }));

step("a site without films says so, in Lao, on a phone", async () => {
  const { page } = viewer;
  await page.goto(nang.url);
  await page.getByRole("heading", { name: "ຍັງບໍ່ມີໜັງເທື່ອ" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "lo");
  await assertFitsItsWidth(page);
  await screenshot(page, "phone-empty");
});

step("a closed registration refuses to create an account", async () => {
  const { page } = viewer;
  await page.goto(`${nang.url}/register`);
  await page.getByRole("alert").filter({ hasText: "ບ່ອນນີ້ບໍ່ເປີດໃຫ້ສ້າງບັນຊີ" }).waitFor();
  await assertFitsItsWidth(page);
  await screenshot(page, "phone-register-closed");
});

step("a wrong password is refused with a message, and the right one opens the admin pages", async () => {
  const { page } = admin;
  await page.goto(`${nang.url}/admin`);
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password", { exact: true }).fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").waitFor();
  await screenshot(page, "desktop-login");
  await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Add the first film" }).waitFor();
});

step("a reload keeps the admin logged in", async () => {
  const { page } = admin;
  await page.reload();
  await page.getByRole("heading", { name: "Add the first film" }).waitFor();
});

step("an admin creates a film and follows its encoding live until it is ready", async () => {
  const { page } = admin;
  await page.getByRole("link", { name: "New film" }).click();
  await page.getByLabel("Title in Lao").fill(TITLES.lo);
  await page.getByLabel("Title in English").fill(TITLES.en);
  await page.locator("input[type=file]").setInputFiles(masters.film);
  await page.getByRole("radio", { name: /^fast/ }).check();
  await screenshot(page, "desktop-new-film");
  await page.getByRole("button", { name: "Create the film and upload" }).click();
  await page.waitForURL(/\/admin\/films\/[0-9a-f-]{36}$/);
  filmId = page.url().split("/").at(-1);

  await page.getByRole("progressbar", { name: "Encoding progress" }).waitFor({ timeout: 60_000 });
  await page.waitForFunction(() => (window.shownProgress["Encoding progress"]?.at(-1) ?? 0) > 0, null, {
    timeout: ENCODING_TIMEOUT_MS,
  });
  await screenshot(page, "desktop-encoding");
  await page.getByText("Ready. Watch the preview").waitFor({ timeout: ENCODING_TIMEOUT_MS });
  const shown = await page.evaluate(() => window.shownProgress["Encoding progress"]);
  assert.deepEqual(
    shown,
    shown.toSorted((one, other) => one - other),
    "progress must never decrease",
  );
  assert.ok(shown.length >= 3, `progress must be live: ${shown}`);
});

step("an admin can preview a draft, and viewers cannot see it", async () => {
  await admin.page.getByRole("button", { name: "Play" }).click();
  await waitForPlayback(admin.page, 1);
  assert.ok((await frameContrast(admin.page)) > MIN_CONTRAST);
  await screenshot(admin.page, "desktop-ready");

  await viewer.page.goto(`${nang.url}/films/${filmId}`);
  await viewer.page.getByRole("heading", { name: "ບໍ່ພົບໜ້ານີ້" }).waitFor();
  const refusal = await viewer.page.request.post(`${nang.url}/api/stream/${filmId}`);
  assert.ok(refusal.status() >= 400, `an anonymous viewer may stream a draft: ${refusal.status()}`);
});

step("an editor takes a frame of the film as a still", async () => {
  const { page } = admin;
  await page.getByRole("link", { name: "Images" }).click();
  await page.getByRole("button", { name: "Play" }).click();
  await waitForPlayback(page, 1);
  await page.getByRole("button", { name: "Use the frame as a still" }).click();
  const crop = page.getByRole("dialog", { name: "Choose the part that is shown" });
  await screenshot(page, "desktop-still-crop");
  await crop.getByRole("button", { name: "Use this part" }).click();
  const still = page.getByRole("img", { name: "Still 1" });
  await still.waitFor();
  await page.waitForFunction((image) => image.naturalWidth > 0, await still.elementHandle());
  const [width, height] = await still.evaluate((image) => [image.naturalWidth, image.naturalHeight]);
  assert.ok(Math.abs(width / height - 16 / 9) < 0.02, `${width}×${height}`);
  await screenshot(page, "desktop-still");
});

step("an editor sees the qualities of an encoding with their measured bitrates", async () => {
  const { page } = admin;
  await page.getByRole("link", { name: "Masters and encodings" }).click();
  await page.getByRole("link", { name: /^Film · fast/ }).click();
  await page.getByRole("heading", { name: /^Film · fast/, level: 1 }).waitFor();
  const row = page.getByRole("row").filter({ hasText: "720p" });
  await row
    .getByText(/\d+ (k|M)bit\/s/)
    .first()
    .waitFor();
  await screenshot(page, "desktop-build");
  await page.getByRole("link", { name: TITLES.en }).click();
  await page.getByRole("link", { name: "Overview" }).click();
});

step("the admin publishes it", async () => {
  const { page } = admin;
  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByText("Viewers can watch this film.").waitFor();
  await page.getByRole("link", { name: "Masters and encodings" }).click();
  await page.getByRole("rowheader", { name: /^720p/ }).waitFor();
  await screenshot(page, "desktop-published");
});

step("a viewer finds the film in Lao and plays it on a phone", async () => {
  const { page } = viewer;
  await page.goto(nang.url);
  await page.getByRole("link", { name: TITLES.lo }).waitFor();
  await assertFitsItsWidth(page);
  await screenshot(page, "phone-films");
  await page.getByRole("link", { name: TITLES.lo }).tap();
  await page.getByRole("heading", { name: TITLES.lo }).waitFor();
  await assertFitsItsWidth(page);
  await screenshot(page, "phone-film");
  await page.getByRole("button", { name: "ຫຼິ້ນ" }).tap();
  await waitForPlayback(page, 2);
  const contrast = await frameContrast(page);
  assert.ok(contrast > MIN_CONTRAST, `the frame is uniform (contrast ${contrast})`);
});

step("a file that is not a film is refused with a reason, and viewers do not see the film", async () => {
  const { page } = admin;
  await page.goto(`${nang.url}/admin/films/new`);
  await page.getByLabel("Title in English").fill("A text file");
  await page.locator("input[type=file]").setInputFiles(masters.text);
  await page.getByRole("button", { name: "Create the film and upload" }).click();
  const report = page.getByRole("alert").filter({ hasText: "The film could not be prepared" });
  await report.waitFor({ timeout: 60_000 });
  const reason = await report.locator("[lang=en]").first().textContent();
  assert.match(reason, /\w+ \w+/, "the reason must be a text");
  await screenshot(page, "desktop-refused");
  await page.getByRole("button", { name: "ລາວ", exact: true }).click();
  const said = page.getByRole("alert").locator("[lang=lo]").first();
  await said.filter({ hasText: "ໄຟລ໌ນີ້ເປັນຂໍ້ຄວາມ ບໍ່ແມ່ນໜັງ." }).waitFor();
  await page.getByRole("button", { name: "EN English" }).click();
  const { items } = await (await viewer.page.request.get(`${nang.url}/api/films`)).json();
  assert.deepEqual(
    items.map(({ id }) => id),
    [filmId],
  );
});

step("an interrupted upload resumes when the same file is chosen after a reload", async () => {
  const { page, context } = admin;
  const network = await context.newCDPSession(page);
  await network.send("Network.enable");
  await network.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 4_000_000,
  });
  await page.goto(`${nang.url}/admin/films/new`);
  await page.getByLabel("Title in English").fill("Interrupted");
  await page.locator("input[type=file]").setInputFiles(masters.large);
  await page.getByRole("button", { name: "Create the film and upload" }).click();
  await page.waitForFunction(() => (window.shownProgress["Upload progress"]?.at(-1) ?? 0) >= 20);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Resume" }).waitFor();
  await screenshot(page, "desktop-upload-paused");

  await page.reload();
  await page.getByText(/The upload stopped at \d+ %/).waitFor();
  await page.locator("input[type=file]").setInputFiles(masters.text);
  await page.getByRole("alert").filter({ hasText: "This is a different file" }).waitFor();
  await screenshot(page, "desktop-upload-stopped");
  const resumed = page.waitForRequest((request) => request.method() === "PATCH");
  await page.locator("input[type=file]").setInputFiles(masters.large);
  const offset = Number((await resumed).headers()["upload-offset"]);
  assert.ok(offset > 1_000_000, `the upload resumed at byte ${offset}`);
  await page
    .getByRole("alert")
    .filter({ hasText: "The film could not be prepared" })
    .waitFor({ timeout: 60_000 });
  await network.detach();
});

step("viewers cannot open an unpublished film, and logging out ends the session", async () => {
  const { page } = admin;
  await page.goto(`${nang.url}/admin/films`);
  const row = page.getByRole("link", { name: new RegExp(TITLES.en) });
  await row.waitFor();
  await screenshot(page, "desktop-admin-films");
  await row.click();
  await page.getByRole("button", { name: "Unpublish" }).click();
  await page.getByRole("group", { name: "Unpublish" }).getByRole("button", { name: "Unpublish" }).click();
  await page.getByText("Ready. Watch the preview").waitFor();
  await viewer.page.goto(`${nang.url}/films/${filmId}`);
  await viewer.page.getByRole("heading", { name: "ບໍ່ພົບໜ້ານີ້" }).waitFor();
  await page.getByRole("button", { name: "Account of Admin" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("E-mail").waitFor();
  await page.reload();
  await page.getByLabel("E-mail").waitFor();
});
