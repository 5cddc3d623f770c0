// The desk, viewing figures and settings: what needs a person, what is watched, what is set.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before } from "node:test";
import { DESKTOP, launchBrowser, PHONE, visit, waitForPlayback } from "./browser.mjs";
import { logIn } from "./client.mjs";
import { makeMasters } from "./master.mjs";
import { ADMIN, importFilm, startNang } from "./nang.mjs";
import { changeFilm, check, logInOn } from "./site-admin.mjs";
import { stepsOf } from "./steps.mjs";

const ANDROID =
  "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";

let nang;
let browser;
let client;
let masters;
let desktop;
let phone;
let film;

before(async () => {
  [nang, browser, masters] = await Promise.all([startNang(), launchBrowser(), makeMasters()]);
  client = await logIn(nang, ADMIN);
  desktop = await visit(browser, { ...DESKTOP, locale: "en-US", colorScheme: "light" });
  phone = await visit(browser, { ...PHONE, locale: "lo-LA", colorScheme: "dark" });
  await logInOn(desktop.page, nang);
  await logInOn(phone.page, nang);
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await masters?.remove();
});

const step = stepsOf("desk", () => ({ servers: [nang], visitors: { desktop, phone } }));

const section = (page, name) =>
  page.locator("section", { has: page.getByRole("heading", { name: new RegExp(`^${name}`) }) });

step("the desk shows a film that is ready, one that failed, and one whose window closes", async () => {
  ({ film } = await importFilm(nang, client, masters.film, "The Rabbit"));
  const failed = await importFilm(nang, client, masters.text, "A text file");
  assert.notEqual(failed.status, 0);
  const soon = new Date(Date.now() + 3 * 86_400_000).toISOString();
  const { page } = desktop;
  await page.goto(`${nang.url}/admin`);
  await section(page, "Ready and not published")
    .getByRole("link", { name: /^The Rabbit/ })
    .waitFor();
  await section(page, "Failed")
    .getByRole("link", { name: /^A text file/ })
    .waitFor();
  await check(page, "desktop-desk");
  await changeFilm(client, film.id, { visibility: "public", available_until: soon });
  await page.reload();
  const closing = section(page, "Can be watched only this week").getByRole("link", { name: /^The Rabbit/ });
  await closing.waitFor();
  assert.equal(await section(page, "Ready and not published").count(), 0);
  await closing.click();
  await page.getByRole("heading", { name: "Viewing window" }).waitFor();
});

step("on a phone, in Lao, the desk fits the screen, and reasons are Lao", async () => {
  const { page } = phone;
  await page.goto(`${nang.url}/admin`);
  const failed = section(page, "ບໍ່ສຳເລັດ");
  await failed.getByRole("link", { name: /^A text file/ }).waitFor();
  await failed.getByText("ໄຟລ໌ນີ້ເປັນຂໍ້ຄວາມ ບໍ່ແມ່ນໜັງ.").waitFor();
  await check(page, "phone-desk");
});

step("what a viewer watches is in the figures, and in the file", async () => {
  const viewer = await visit(browser, { ...PHONE, locale: "lo-LA", userAgent: ANDROID });
  await viewer.page.goto(`${nang.url}/films/${film.id}`);
  await viewer.page.getByRole("button", { name: "ຫຼິ້ນ" }).tap();
  await waitForPlayback(viewer.page, 2);
  await viewer.page.goto(nang.url);
  const { page } = desktop;
  await page.goto(`${nang.url}/admin/figures`);
  await page.getByRole("heading", { name: "By film" }).waitFor();
  const row = page.getByRole("table", { name: "By film" }).getByRole("row").filter({ hasText: "The Rabbit" });
  await row.getByRole("cell", { name: "1", exact: true }).waitFor();
  await page.getByRole("table", { name: "By device" }).getByRole("rowheader", { name: "Phone" }).waitFor();
  await check(page, "desktop-figures");
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download CSV" }).click();
  const csv = await readFile(await (await downloading).path(), "utf8");
  assert.match(csv, /The Rabbit/);
  await phone.page.goto(`${nang.url}/admin/figures`);
  await phone.page.getByRole("heading", { name: "ຕາມໜັງ" }).waitFor();
  await check(phone.page, "phone-figures");
  await viewer.context.close();
});

step("an admin reads the settings in force, without secrets", async () => {
  const { page } = desktop;
  await page.goto(`${nang.url}/admin/settings`);
  await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
  await page.getByText(/^Nang \d/).waitFor();
  await check(page, "desktop-settings");
  assert.equal(await page.getByText(ADMIN.password).count(), 0);
});
