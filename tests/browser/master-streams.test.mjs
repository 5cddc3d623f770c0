// A master with text and image subtitles: viewers read the text, and the film's page names what Nang does not use.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  assertFitsItsWidth,
  DESKTOP,
  launchBrowser,
  PHONE,
  screenshot,
  visit,
  waitForPlayback,
} from "./browser.mjs";
import { logIn } from "./client.mjs";
import { makeMasterWithStreams } from "./master.mjs";
import { ADMIN, publishFilm, startNang } from "./nang.mjs";

let nang;
let browser;
let master;
let filmId;

before(async () => {
  [nang, browser, master] = await Promise.all([startNang(), launchBrowser(), makeMasterWithStreams()]);
  filmId = await publishFilm(nang, await logIn(nang, ADMIN), master.film, "ສອງພາສາ");
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await master?.remove();
});

test("a viewer reads the subtitles that the master marks as default", async () => {
  const { page, problems } = await visit(browser, { ...PHONE, locale: "lo-LA" });
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "ຫຼິ້ນ" }).click();
  await waitForPlayback(page, 0.2);
  await page.locator("[data-subtitles=shown]").getByText("ສະບາຍດີ & ໂລກ").waitFor();
  assert.deepEqual(problems, []);
});

test("an editor sees which streams are not used, and what was changed in the subtitles", async () => {
  const { page, problems } = await visit(browser, { ...DESKTOP, locale: "en-US" });
  await page.goto(`${nang.url}/admin/films/${filmId}/tracks`);
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
  await page.getByRole("button", { name: "Log in" }).click();
  const tracks = page.getByRole("region", { name: "Tracks" });
  await tracks.getByRole("heading", { name: "ລາວ", exact: true }).waitFor();

  await page.getByRole("link", { name: "Masters and encodings" }).click();
  await page.getByText("Not used from this file").waitFor();
  const unused = page.getByRole("listitem").filter({ hasText: "hdmv_pgs_subtitle" }).last();
  assert.match(
    await unused.textContent(),
    /Subtitles · fre · hdmv_pgs_subtitle\s*These subtitles are images\./,
  );
  const notes = page
    .getByRole("listitem")
    .filter({ hasText: "English" })
    .filter({ hasText: "Left out" })
    .last();
  assert.match(await notes.textContent(), /Stream 3.*is not Unicode/s);
  await notes.scrollIntoViewIfNeeded();
  await screenshot(page, "desktop-master-streams");

  await page.setViewportSize(PHONE.viewport);
  await page.getByRole("button", { name: "ລາວ", exact: true }).click();
  await page.getByText("ສ່ວນຂອງໄຟລ໌ນີ້ທີ່ບໍ່ໄດ້ໃຊ້").waitFor();
  await assertFitsItsWidth(page);
  await screenshot(page, "phone-master-streams");
  assert.deepEqual(problems, []);
});
