// What a player tells the server of a viewing, and what comes of it: going on elsewhere, history, one device at a time.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
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
import { LONG_MASTER_SECONDS, makeLongMaster } from "./master.mjs";
import { ADMIN, publishFilm, startNang } from "./nang.mjs";

const VIEWER = { email: "noy@example.org", password: "ດອກຈຳປາ correct horse", display_name: "ນ້ອຍ" };
const TITLE = "Long way home";
const WATCHED_SECONDS = 10;

let nang;
let browser;
let master;
let filmId;
/** The viewer's own view of the server. */
let account;
let desktop;

before(async () => {
  const settings = { NANG_MAX_STREAMS_PER_ACCOUNT: "1", NANG_REGISTRATION: "open" };
  [nang, browser, master] = await Promise.all([startNang(settings), launchBrowser(), makeLongMaster()]);
  const admin = await logIn(nang, ADMIN);
  filmId = await publishFilm(nang, admin, master.film, TITLE);
  await admin.post("/api/auth/register", { body: VIEWER });
  account = await logIn(nang, VIEWER);
  desktop = await visit(browser, { ...DESKTOP, locale: "en-US" });
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await master?.remove();
});

function step(name, run) {
  test(name, async (context) => {
    try {
      await run();
    } catch (error) {
      await screenshot(desktop.page, `failed-${name}`).catch(() => undefined);
      context.diagnostic(nang.log());
      throw error;
    }
    assert.deepEqual(desktop.problems, []);
  });
}

/** Logs in from the film's page, as the header offers it, and comes back to it. */
async function logInAtFilm(page, button, { email, password }) {
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("link", { name: button }).click();
  await page.locator("input[name=email]").fill(email);
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
  await page.waitForURL(`**/films/${filmId}`);
}

async function resumeSeconds() {
  const { items } = await account.get("/api/resume");
  const point = items.find(({ film }) => film.id === filmId);
  return point ? point.position_ms / 1000 : null;
}

/** Asks until it is so. */
async function eventually(isSo, what) {
  const until = Date.now() + 20_000;
  while (!(await isSo())) {
    assert.ok(Date.now() < until, what);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

step(
  "a film that was watched for a while goes on there after a reload, and is one to go on with",
  async () => {
    const { page } = desktop;
    await logInAtFilm(page, "Log in", VIEWER);
    await page.getByRole("button", { name: "Play" }).waitFor();
    await page.keyboard.press("k");
    await waitForPlayback(page, 1);
    await page.keyboard.press("4");
    await page.waitForFunction((least) => document.querySelector("video").currentTime >= least, 48);
    await waitForPlayback(page, WATCHED_SECONDS);
    const left = await currentTime(page);
    await page.reload();
    await page.getByRole("button", { name: /^Continue from \d:\d\d$/ }).waitFor();
    await page.getByRole("button", { name: "From the beginning" }).waitFor();
    await screenshot(page, "desktop-continue");
    const kept = await resumeSeconds();
    assert.ok(Math.abs(kept - left) < 2, `left at ${left} s, the server has ${kept} s`);

    await page.getByRole("button", { name: /^Continue from/ }).click();
    await page.waitForFunction(() => {
      const video = document.querySelector("video");
      return !video.paused && video.readyState > 2 && video.currentTime > 0;
    });
    const resumed = await currentTime(page);
    assert.ok(Math.abs(resumed - left) < 2, `left at ${left} s, resumed at ${resumed} s`);

    const { items } = await account.get("/api/history");
    assert.equal(items[0].film.id, filmId);
    const watched = items[0].watched_ms / 1000;
    assert.ok(
      watched >= WATCHED_SECONDS && watched < WATCHED_SECONDS + 15,
      `${watched} s count as watched: what was played, and not what was jumped over`,
    );
  },
);

step("where as many devices play as may, the oldest is named and makes room", async () => {
  const phone = await visit(browser, { ...PHONE, locale: "lo-LA" });
  const { page } = phone;
  await logInAtFilm(page, "ເຂົ້າສູ່ລະບົບ", VIEWER);
  await page.getByRole("button", { name: /^ເບິ່ງຕໍ່ຈາກ|^ຫຼິ້ນ/ }).tap();
  const refusal = page.getByRole("alert").filter({ hasText: TITLE });
  await refusal.waitFor();
  assert.match(await refusal.textContent(), /Chrome/);
  await assertFitsItsWidth(page);
  await screenshot(page, "phone-too-many");
  await page.getByRole("button", { name: "ຢຸດບ່ອນນັ້ນ ແລ້ວເບິ່ງຢູ່ນີ້" }).tap();
  await waitForPlayback(page, 1);

  const taken = desktop.page.getByRole("alert").filter({ hasText: "went on watching on another device" });
  await taken.waitFor({ timeout: 30_000 });
  await screenshot(desktop.page, "desktop-taken");
  assert.equal(await desktop.page.evaluate(() => document.querySelector("video").paused), true);

  await page.getByRole("link", { name: "ໜັງທັງໝົດ" }).last().tap();
  await eventually(
    async () => (await account.get("/api/stream/sessions")).items.length === 0,
    "leaving the film ends its session",
  );
  assert.deepEqual(phone.problems, []);
  await phone.context.close();
  await desktop.page.getByRole("button", { name: "Watch here" }).click();
  await waitForPlayback(desktop.page, 1);
});

step("what could not be told is told by the next page, before it asks where to go on", async () => {
  const { page } = desktop;
  await page.route("**/api/stream/heartbeats", (route) => route.abort());
  await page.keyboard.press("8");
  await page.waitForFunction((least) => document.querySelector("video").currentTime >= least, 96);
  await waitForPlayback(page, 2);
  await page.keyboard.press("k");
  await page.waitForFunction(() => document.querySelector("video").paused);
  const left = await currentTime(page);
  assert.ok(Math.abs((await resumeSeconds()) - left) > 10, "the server does not know yet");
  await page.unroute("**/api/stream/heartbeats");
  await page.reload();
  await page.getByRole("button", { name: /^Continue from 1:3\d$/ }).waitFor();
  assert.ok(Math.abs((await resumeSeconds()) - left) < 2);
  await eventually(
    () => page.evaluate(() => !Object.keys(localStorage).some((key) => key.startsWith("nang.heartbeats."))),
    "nothing waits any more",
  );
});

step("from the beginning begins at the beginning; at its end the film is none to go on with", async () => {
  const { page } = desktop;
  await page.getByRole("button", { name: "From the beginning" }).click();
  await waitForPlayback(page, 1);
  assert.ok((await currentTime(page)) < 10);
  await page.keyboard.press("9");
  await page.waitForFunction((least) => document.querySelector("video").currentTime >= least, 108);
  await page.keyboard.press("ArrowRight");
  await page.locator('.player[data-phase="ended"]').waitFor();
  assert.ok((await currentTime(page)) > LONG_MASTER_SECONDS - 1);
  await eventually(async () => (await resumeSeconds()) === null, "a film that was seen is not offered");
  assert.deepEqual((await account.get("/api/stream/sessions")).items, []);
});

step("watching it again is a new session that is told of as well", async () => {
  const { page } = desktop;
  await page.keyboard.press("k");
  await waitForPlayback(page, 1);
  assert.ok((await currentTime(page)) < 10);
  const { items } = await account.get("/api/stream/sessions");
  assert.equal(items.length, 1);
  await page.keyboard.press("5");
  await page.waitForFunction((least) => document.querySelector("video").currentTime >= least, 60);
  await waitForPlayback(page, 1);
  await page.keyboard.press("k");
  await eventually(async () => ((await resumeSeconds()) ?? 0) > 59, "the place of the second time");
});

step("a film that is open in two tabs plays in the one where play is pressed", async () => {
  await desktop.page.goto(nang.url);
  const tabs = [];
  for (let count = 0; count < 2; count += 1) {
    const tab = await desktop.context.newPage();
    const opened = tab.waitForResponse((response) => response.url().endsWith(`/api/stream/${filmId}`));
    await tab.goto(`${nang.url}/films/${filmId}`);
    assert.equal((await opened).status(), 200);
    tabs.push(tab);
  }
  const [first] = tabs;
  await first.bringToFront();
  const goesOn = first.waitForResponse(
    async (response) =>
      response.url().endsWith("/api/stream/heartbeats") && (await response.json()).ended_at === null,
  );
  await first.getByRole("button", { name: /^Continue from/ }).click();
  await waitForPlayback(first, 1);
  await goesOn;
  await waitForPlayback(first, 1);
  assert.equal(await first.getByRole("alert").count(), 0);
  await Promise.all(tabs.map((tab) => tab.close({ runBeforeUnload: false })));
});

step("a stranger costs no refresh, and stops where the tab knows", async () => {
  const stranger = await visit(browser, { ...PHONE, locale: "en-US" });
  const { page } = stranger;
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "Play" }).tap();
  await waitForPlayback(page, 7);
  await page.reload();
  await page.getByRole("button", { name: /^Continue from 0:\d\d$/ }).waitFor();
  await screenshot(page, "phone-continue");
  assert.ok(!asked.includes("/api/auth/refresh"), "no refresh without a login");
  assert.ok(asked.includes("/api/stream/heartbeats"), "a stranger's viewing is told of");
  assert.deepEqual(stranger.problems, []);
  await stranger.context.close();
});
