// The way from the first page into a film for people who use a keyboard, a screen reader, large text or colours of their own.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { DESKTOP, launchBrowser, visit, waitForPlayback } from "./browser.mjs";
import { checkPage, violations } from "./check-page.mjs";
import { logIn } from "./client.mjs";
import { makeLongMaster } from "./master.mjs";
import { ADMIN, publishFilm, startNang } from "./nang.mjs";
import { stepsOf } from "./steps.mjs";

const TITLE = "Long way home";

let nang;
let browser;
let master;
let filmId;
let desktop;

before(async () => {
  [nang, browser, master] = await Promise.all([startNang(), launchBrowser(), makeLongMaster()]);
  filmId = await publishFilm(nang, await logIn(nang, ADMIN), master.film, TITLE);
  desktop = await visit(browser, { ...DESKTOP, locale: "en-US", reducedMotion: "reduce" });
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await master?.remove();
});

const step = stepsOf("access", () => ({ servers: [nang], visitors: { desktop } }));

const focused = (page) =>
  page.evaluate(() => {
    const { ariaLabel, textContent } = document.activeElement;
    return ariaLabel ?? textContent.trim();
  });

/** Presses Tab until the focus is on something with this name. */
async function tabTo(page, name, key = "Tab") {
  for (let count = 0; count < 60; count += 1) {
    await page.keyboard.press(key);
    if (name.test(await focused(page))) {
      return;
    }
  }
  assert.fail(`the focus never reached ${name}; it is on ${await focused(page)}`);
}

step("by keyboard alone: from the first page into a film, its settings, and back", async () => {
  const { page } = desktop;
  await page.goto(nang.url);
  await page.getByRole("heading", { name: TITLE }).first().waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Skip to content");
  await tabTo(page, /^Watch$/);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: TITLE, level: 1 }).waitFor();
  await tabTo(page, /^Play$/);
  await page.keyboard.press("Enter");
  await waitForPlayback(page, 1);
  await tabTo(page, /^Settings/);
  await page.keyboard.press("Enter");
  await page.getByRole("menu", { name: "Settings" }).waitFor();
  assert.deepEqual(await violations(page), []);
  for (const key of ["End", "ArrowUp"]) {
    await page.keyboard.press(key);
  }
  assert.equal(await focused(page), "Playback details");
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "Playback details" }).waitFor();
  assert.match(await focused(page), /^Settings/);
  await page.keyboard.press("k");
  await page.waitForFunction(() => document.querySelector("video").paused);
  assert.deepEqual(await violations(page), []);
  await page.goBack();
  await page.getByRole("region", { name: "Featured film" }).waitFor();
  assert.equal(await focused(page), "Watch");
});

step("the dialog of keys and the end of a film have no violations", async () => {
  const { page } = desktop;
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: /^(Play|Continue from)/ }).click();
  await waitForPlayback(page, 0.5);
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  await page.evaluate(() => {
    const video = document.querySelector("video");
    video.currentTime = video.duration - 0.5;
  });
  await page.locator('.player[data-phase="ended"]').waitFor();
  assert.deepEqual(await violations(page), []);
});

const PATHS = ["/", "/films", "/search", "/search?q=long", "/login", "/account", "/my-list"];

step("at twice the size and with colours of the viewer's own every page stays whole", async () => {
  const { page, context } = await visit(browser, {
    viewport: { width: 640, height: 400 },
    locale: "en-US",
    forcedColors: "active",
  });
  for (const path of [...PATHS, `/films/${filmId}`]) {
    await page.goto(nang.url + path);
    await page.getByRole("heading", { level: 1 }).waitFor({ state: "attached" });
    await checkPage(page, `large-${path.replaceAll(/\W+/g, "-")}`);
  }
  await context.close();
});
