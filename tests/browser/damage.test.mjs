// A damaged master: an editor sees where it is damaged, decides, and looks at the places in the player.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import {
  assertFitsItsWidth,
  currentTime,
  DESKTOP,
  launchBrowser,
  PHONE,
  screenshot,
  visit,
  waitForPlayback,
} from "./browser.mjs";
import { logIn } from "./client.mjs";
import { makeDamagedMaster } from "./master.mjs";
import { ADMIN, importFilm, startNang } from "./nang.mjs";
import { stepsOf } from "./steps.mjs";

const SLOW_MS = 60_000;
/** The exit status of `nang import` if an editor must decide. */
const DAMAGED = 3;
const PLACE = "0:20.0 – 0:23.0 (3 s)";

let nang;
let browser;
let master;
let client;
let film;
let editor;
let phone;

before(async () => {
  [nang, browser, master] = await Promise.all([startNang(), launchBrowser(), makeDamagedMaster()]);
  client = await logIn(nang, ADMIN);
  editor = await visit(browser, { ...DESKTOP, locale: "en-US" });
  phone = await visit(browser, { ...PHONE, locale: "lo-LA" });
  for (const { page } of [editor, phone]) {
    page.setDefaultTimeout(SLOW_MS);
  }
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await master?.remove();
});

const step = stepsOf("damage", () => ({ servers: [nang], visitors: { editor, phone } }));

step("an import of a damaged master says that an editor must decide", async () => {
  const imported = await importFilm(nang, client, master.film, "ເສຍ");
  film = imported.film;
  assert.equal(imported.status, DAMAGED);
  assert.equal(film.status, "damaged");
  assert.equal(film.build_id, null);
});

step("the editor sees where the master is damaged, in the list and on the film's page", async () => {
  const { page } = editor;
  await page.goto(`${nang.url}/admin`);
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
  await page.getByRole("button", { name: "Log in" }).click();
  // The desk has the film, and so does the list of all films.
  await page
    .locator("section", { hasText: "Damaged: your decision" })
    .getByRole("link", { name: /ເສຍ/ })
    .waitFor();
  await page.goto(`${nang.url}/admin/films`);
  await page.getByRole("table", { name: "Films" }).getByText("Ready with damage").waitFor();
  await page.getByRole("link", { name: /ເສຍ/ }).click();
  const report = page.getByRole("region", { name: "Ready with damage: your decision is needed" });
  await report.getByText("Viewers do not get this encoding until you publish it.").waitFor();
  await report.getByRole("heading", { name: "Video" }).waitFor();
  await report.getByText("The video stands still or is broken for 3 s (5.0 % of the film).").waitFor();
  await report.getByRole("list", { name: "Damaged places: Video" }).getByText(PLACE).waitFor();
  await report.getByRole("heading", { name: "Audio 1: ລາວ" }).waitFor();
  await report.getByText(/^Silence for 0\.\d s/).waitFor();
  assert.equal(await page.getByRole("region", { name: /^Player/ }).count(), 0, "viewers get nothing yet");
  await assertFitsItsWidth(page);
  await screenshot(page, "desktop-damage-held");
});

step("on a phone, in Lao, the report fits the screen", async () => {
  const { page } = phone;
  await page.goto(`${nang.url}/admin/films/${film.id}`);
  await page.getByLabel("ອີເມວ").fill(ADMIN.email);
  await page.locator("input[type=password]").fill(ADMIN.password);
  await page.locator("form button[type=submit]").click();
  await page.getByRole("region", { name: /ທ່ານຕ້ອງຕັດສິນໃຈ/ }).waitFor();
  await assertFitsItsWidth(page);
  await screenshot(page, "phone-damage-held");
});

step("the editor publishes it anyway", async () => {
  const { page } = editor;
  await page.getByRole("button", { name: "Publish anyway" }).click();
  await page
    .getByRole("group")
    .getByText(/Viewers will notice the places above/)
    .waitFor();
  await screenshot(page, "desktop-damage-question");
  await page.getByRole("group").getByRole("button", { name: "Publish anyway" }).click();
  const report = page.getByRole("region", { name: "Published with damage" });
  await report.getByText(`${ADMIN.email} published this encoding`, { exact: false }).waitFor();
  const published = await client.get("/api/admin/films/{id}", { path: { id: film.id } });
  assert.equal(published.status, "ready");
  assert.equal(published.builds[0].approved_by, ADMIN.email);
});

step("a damaged place plays in the preview", async () => {
  const { page } = editor;
  const report = page.getByRole("region", { name: "Published with damage" });
  await report.getByRole("button", { name: `Play from shortly before ${PLACE}` }).click();
  await page.waitForFunction(() => document.querySelector("video").currentTime >= 17);
  await waitForPlayback(page, 0.5);
  const time = await currentTime(page);
  assert.ok(time >= 17 && time < 30, `the player is at ${time} s`);
  await screenshot(page, "desktop-damage-published");
  await phone.page.getByRole("region", { name: /ເຜີຍແຜ່ທັງທີ່ມີບ່ອນເສຍ/ }).waitFor();
  await assertFitsItsWidth(phone.page);
  await screenshot(phone.page, "phone-damage-published");
});
