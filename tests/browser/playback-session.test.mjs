// The heartbeats of playback sessions, and what the server does with them: resume points, history, the limit of devices.
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
import { LONG_MASTER_SECONDS, makeLongMaster } from "./master.mjs";
import { ADMIN, publishFilm, startNang } from "./nang.mjs";
import { stepsOf } from "./steps.mjs";

const VIEWER = { email: "noy@example.org", password: "ດອກຈຳປາ correct horse", display_name: "ນ້ອຍ" };
const TITLE = "Long way home";
const WATCHED_SECONDS = 10;

let nang;
let browser;
let master;
let filmId;
/** An API client of the viewer's account. */
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

const step = stepsOf("playback-session", () => ({ servers: [nang], visitors: { desktop } }));

/** Logs in with the link in the header of the film's page and returns to that page. */
async function logInAtFilm(page, button, { email, password }) {
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("link", { name: button }).click();
  await page.locator("input[name=email]").fill(email);
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
  await page.waitForURL("**/films/*");
}

async function resumeSeconds() {
  const { items } = await account.get("/api/resume");
  const point = items.find(({ film }) => film.id === filmId);
  return point ? point.position_ms / 1000 : null;
}

/** Waits until `condition` is true; `what` describes it. */
async function eventually(condition, what) {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, what);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

step("a film resumes after a reload where the viewer stopped, and is in the resume list", async () => {
  const { page } = desktop;
  await logInAtFilm(page, "Log in", VIEWER);
  await page.getByRole("button", { name: "Play" }).waitFor();
  await page.keyboard.press("k");
  await waitForPlayback(page, 1);
  await page.keyboard.press("4");
  await page.waitForFunction((least) => document.querySelector("video").currentTime >= least, 48);
  await waitForPlayback(page, WATCHED_SECONDS);
  const stopped = await currentTime(page);
  await page.reload();
  await page.getByRole("button", { name: /^Continue from \d:\d\d$/ }).waitFor();
  await page.getByRole("button", { name: "From the beginning" }).waitFor();
  await screenshot(page, "desktop-continue");
  const saved = await resumeSeconds();
  assert.ok(Math.abs(saved - stopped) < 2, `stopped at ${stopped} s, the server has ${saved} s`);

  await page.getByRole("button", { name: /^Continue from/ }).click();
  await page.waitForFunction(() => {
    const video = document.querySelector("video");
    return !video.paused && video.readyState > 2 && video.currentTime > 0;
  });
  const resumed = await currentTime(page);
  assert.ok(Math.abs(resumed - stopped) < 2, `stopped at ${stopped} s, resumed at ${resumed} s`);

  const { items } = await account.get("/api/history");
  assert.equal(items[0].film.id, filmId);
  const watched = items[0].watched_ms / 1000;
  assert.ok(
    watched >= WATCHED_SECONDS && watched < WATCHED_SECONDS + 15,
    `${watched} s count as watched; the part skipped by a seek must not count`,
  );
});

step("at the limit of devices the player names the oldest session and can take its place", async () => {
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

  const taken = desktop.page.getByRole("alert").filter({ hasText: "is now watching on another device" });
  await taken.waitFor({ timeout: 30_000 });
  await screenshot(desktop.page, "desktop-taken");
  assert.equal(await desktop.page.evaluate(() => document.querySelector("video").paused), true);

  await page.getByRole("link", { name: "ໜ້າຫຼັກ" }).last().tap();
  await eventually(
    async () => (await account.get("/api/stream/sessions")).items.length === 0,
    "leaving the film's page ends its session",
  );
  assert.deepEqual(phone.problems, []);
  await phone.context.close();
  await desktop.page.getByRole("button", { name: "Watch here" }).click();
  await waitForPlayback(desktop.page, 1);
});

step("the next page sends pending heartbeats before it fetches the resume position", async () => {
  const { page } = desktop;
  await page.route("**/api/stream/heartbeats", (route) => route.abort());
  await page.keyboard.press("8");
  await page.waitForFunction((least) => document.querySelector("video").currentTime >= least, 96);
  await waitForPlayback(page, 2);
  await page.keyboard.press("k");
  await page.waitForFunction(() => document.querySelector("video").paused);
  const stopped = await currentTime(page);
  assert.ok(
    Math.abs((await resumeSeconds()) - stopped) > 10,
    "the server does not know the new position yet",
  );
  await page.unroute("**/api/stream/heartbeats");
  await page.reload();
  await page.getByRole("button", { name: /^Continue from 1:3\d$/ }).waitFor();
  assert.ok(Math.abs((await resumeSeconds()) - stopped) < 2);
  await eventually(
    () => page.evaluate(() => !Object.keys(localStorage).some((key) => key.startsWith("nang.heartbeats."))),
    "no heartbeats are pending",
  );
});

step("a film can start from the beginning, and is not in the resume list after its end", async () => {
  const { page } = desktop;
  await page.getByRole("button", { name: "From the beginning" }).click();
  await waitForPlayback(page, 1);
  assert.ok((await currentTime(page)) < 10);
  await page.keyboard.press("9");
  await page.waitForFunction((least) => document.querySelector("video").currentTime >= least, 108);
  await page.keyboard.press("ArrowRight");
  await page.locator('.player[data-phase="ended"]').waitFor();
  assert.ok((await currentTime(page)) > LONG_MASTER_SECONDS - 1);
  await eventually(async () => (await resumeSeconds()) === null, "a watched film is not in the resume list");
  assert.deepEqual((await account.get("/api/stream/sessions")).items, []);
});

step("watching a film again is a new session that is reported too", async () => {
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
  await eventually(async () => ((await resumeSeconds()) ?? 0) > 59, "the position of the second session");
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
  const heartbeatAccepted = first.waitForResponse(
    async (response) =>
      response.url().endsWith("/api/stream/heartbeats") && (await response.json()).ended_at === null,
  );
  await first.getByRole("button", { name: /^Continue from/ }).click();
  await waitForPlayback(first, 1);
  await heartbeatAccepted;
  await waitForPlayback(first, 1);
  assert.equal(await first.getByRole("alert").count(), 0);
  await Promise.all(tabs.map((tab) => tab.close({ runBeforeUnload: false })));
});

step("an anonymous viewer sends no refresh, and the tab saves the position", async () => {
  const visitor = await visit(browser, { ...PHONE, locale: "en-US" });
  const { page } = visitor;
  const requestedPaths = [];
  page.on("request", (request) => requestedPaths.push(new URL(request.url()).pathname));
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "Play" }).tap();
  await waitForPlayback(page, 7);
  await page.reload();
  await page.getByRole("button", { name: /^Continue from 0:\d\d$/ }).waitFor();
  await screenshot(page, "phone-continue");
  assert.ok(!requestedPaths.includes("/api/auth/refresh"), "no refresh without a session");
  assert.ok(requestedPaths.includes("/api/stream/heartbeats"), "an anonymous session sends heartbeats");
  assert.deepEqual(visitor.problems, []);
  await visitor.context.close();
});
