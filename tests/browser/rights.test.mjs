// Who may watch a film where, and before it is public: countries, which a proxy names in a header, and preview links.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout } from "node:timers/promises";
import { DESKTOP, launchBrowser, PHONE, visit, waitForPlayback } from "./browser.mjs";
import { checkPage } from "./check-page.mjs";
import { logIn } from "./client.mjs";
import { makeLongMaster } from "./master.mjs";
import { ADMIN, publishFilm, startNang } from "./nang.mjs";
import { changeFilm, check, logInOn } from "./site-admin.mjs";
import { stepsOf } from "./steps.mjs";

const TITLE = "Long way home";
const FROM = (country) => ({ extraHTTPHeaders: { "X-Country": country } });

let nang;
let browser;
let master;
let client;
let filmId;
let editor;
let abroad;
let link;

before(async () => {
  const settings = { NANG_COUNTRY_HEADER: "X-Country" };
  [nang, browser, master] = await Promise.all([startNang(settings), launchBrowser(), makeLongMaster(30)]);
  client = await logIn(nang, ADMIN);
  filmId = await publishFilm(nang, client, master.film, TITLE);
  editor = await visit(browser, { ...DESKTOP, locale: "en-US", colorScheme: "light" });
  await editor.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  abroad = await visit(browser, { ...PHONE, ...FROM("FR"), locale: "lo-LA" });
  await logInOn(editor.page, nang);
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await master?.remove();
});

const step = stepsOf("rights", () => ({ servers: [nang], visitors: { editor, abroad } }));

const filmAt = (page) => page.goto(`${nang.url}/films/${filmId}`);
const play = (page) => page.getByRole("button", { name: /^(Play|ຫຼິ້ນ)$/ }).first();

step("an editor limits the film to two countries", async () => {
  const { page } = editor;
  await page.goto(`${nang.url}/admin/films/${filmId}/rights`);
  await page.getByLabel("Add a country").selectOption({ label: "Laos" });
  await page.getByLabel("Add a country").selectOption({ label: "Brazil" });
  await page.getByLabel("Region, in the words of the contract").fill("Lao PDR and Brazil");
  assert.equal(await page.getByText("This server does not learn").count(), 0);
  await check(page, "rights-countries");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
  const { availability } = await client.get("/api/admin/films/{id}", { path: { id: filmId } });
  assert.deepEqual(availability.countries, ["LA", "BR"]);
});

step("in another country the film's page says where it can be watched, in both languages", async () => {
  const { page } = abroad;
  await filmAt(page);
  await page.getByText("ເບິ່ງໜັງເລື່ອງນີ້ຢູ່ປະເທດນີ້ບໍ່ໄດ້").waitFor();
  assert.equal(await page.locator("video").count(), 0);
  await page.getByText(/^ເບິ່ງໄດ້ຢູ່: ລາວ, .+\.$/).waitFor();
  await page.getByText("Lao PDR and Brazil", { exact: true }).waitFor();
  await checkPage(page, "not-here-phone");
  const english = await visit(browser, { ...DESKTOP, ...FROM("XX"), locale: "en-US" });
  await filmAt(english.page);
  await english.page.getByText("This film cannot be watched in this country").waitFor();
  await english.page.getByText("It can be watched in: Laos, Brazil.").waitFor();
  await checkPage(english.page, "not-here-desktop");
  assert.deepEqual(english.problems, []);
  await english.context.close();
});

step("in its country it plays, and for an editor everywhere", async () => {
  const home = await visit(browser, { ...DESKTOP, ...FROM("LA"), locale: "en-US" });
  await filmAt(home.page);
  await play(home.page).click();
  await waitForPlayback(home.page, 0.5);
  assert.deepEqual(home.problems, []);
  await home.context.close();
  await filmAt(editor.page);
  await play(editor.page).click();
  await waitForPlayback(editor.page, 0.5);
});

step("an editor makes a preview link to a draft, and copies it", async () => {
  await changeFilm(client, filmId, { visibility: "draft" });
  const { page } = editor;
  await page.goto(`${nang.url}/admin/films/${filmId}/rights`);
  await page.getByRole("button", { name: "Create a preview link" }).click();
  const ask = page.getByRole("dialog", { name: "Create a preview link" });
  await ask.getByLabel("For whom (optional)").fill("The jury");
  await ask.getByLabel("Days for which it works").fill("91");
  await ask.getByRole("button", { name: "Create a preview link" }).click();
  await ask.getByText("Enter whole days, from 1 to 90.").waitFor();
  await ask.getByLabel("Days for which it works").fill("3");
  await ask.getByRole("button", { name: "Create a preview link" }).click();
  const shown = page.getByRole("dialog", { name: "Link" });
  await shown.getByRole("img", { name: "QR code for the camera of a phone" }).waitFor();
  await check(page, "rights-preview-link");
  await shown.getByRole("button", { name: "Copy" }).click();
  await shown.getByRole("button", { name: "Copied" }).waitFor();
  link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /\/preview#[\w-]{43}$/);
  await page.keyboard.press("Escape");
  await page.getByRole("list", { name: "Preview links" }).getByText("The jury").waitFor();
  await check(page, "rights-preview-list");
});

step("the link shows and plays the film without an account, and nothing else", async () => {
  const { page } = abroad;
  await page.goto(link);
  await page.getByRole("heading", { name: TITLE, level: 1 }).waitFor();
  await page.getByText("ລິ້ງເບິ່ງກ່ອນ").first().waitFor();
  await checkPage(page, "preview-phone");
  await play(page).click();
  await waitForPlayback(page, 0.5);
  const other = await abroad.context.newPage();
  await filmAt(other);
  await other.getByRole("heading", { name: "ບໍ່ພົບໜ້ານີ້" }).waitFor();
  await other.close();
  const html = await (await fetch(`${nang.url}/preview`)).text();
  assert.match(html, /<meta name="robots" content="noindex"/);
  assert.ok(!nang.log().includes(link.split("#")[1]), "the token is in no log line");
});

step("a revoked link ends the playback, and its page says so", async () => {
  const { page } = abroad;
  const playlist = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .map(({ name }) => name)
      .find((name) => name.endsWith("/main.m3u8")),
  );
  assert.equal((await fetch(playlist)).status, 200);
  await editor.page.getByRole("button", { name: "Revoke: The jury" }).click();
  await editor.page.getByRole("group").getByRole("button", { name: "Revoke", exact: true }).click();
  await editor.page.getByText("The jury").waitFor({ state: "detached" });
  // Within a minute: the server writes its list of revoked tokens, and the origin reads it, every few seconds.
  const deadline = Date.now() + 60_000;
  while ((await fetch(playlist)).status !== 403) {
    assert.ok(Date.now() < deadline, "the token of a revoked link still works");
    await setTimeout(200);
  }
  await page.reload();
  await page.getByRole("heading", { name: "ລິ້ງເບິ່ງກ່ອນນີ້ໃຊ້ບໍ່ໄດ້ແລ້ວ" }).waitFor();
  await checkPage(page, "preview-ended-phone");
});
