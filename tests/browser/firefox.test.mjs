// The main ways in Firefox: a viewer finds a film, plays it and keeps it in a list; an admin finds its page.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import puppeteer from "puppeteer-core";
import { logIn } from "./client.mjs";
import { makeMasters } from "./master.mjs";
import { ADMIN, publishFilm, startNang } from "./nang.mjs";
import { stepsOf } from "./steps.mjs";

const FIREFOX = process.env.NANG_FIREFOX ?? "/usr/bin/firefox-esr";
const TIMEOUT_MS = 20_000;
const TITLE = "Big Buck Bunny";

let nang;
let browser;
let page;
let masters;
let filmId;
const problems = [];

before(async () => {
  [nang, browser, masters] = await Promise.all([startNang(), launchFirefox(), makeMasters()]);
  filmId = await publishFilm(nang, await logIn(nang, ADMIN), masters.film, TITLE);
  page = await browser.newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  page.on("pageerror", (error) => problems.push(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    if (/content-security-policy/i.test(message.text())) {
      problems.push(message.text());
    }
  });
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await masters?.remove();
});

function launchFirefox() {
  return puppeteer.launch({
    browser: "firefox",
    executablePath: FIREFOX,
    defaultViewport: { width: 1280, height: 800 },
    extraPrefsFirefox: { "intl.accept_languages": "en-US" },
  });
}

const step = stepsOf("firefox", () => ({ servers: [nang], visitors: { firefox: { page, problems } } }));

const named = (role, name) => page.locator(`::-p-aria([name="${name}"][role="${role}"])`);

step("a viewer searches for a film and plays it", async () => {
  await page.goto(nang.url);
  const box = named("combobox", "Search films and people");
  await box.fill("buck");
  await page.locator("[role=option]").click();
  await named("heading", TITLE).wait();
  await named("button", "Play").click();
  await page.waitForFunction(() => document.querySelector("video")?.currentTime > 3);
  const { height, error } = await page.evaluate(() => {
    const video = document.querySelector("video");
    return { height: video.videoHeight, error: video.error?.message };
  });
  assert.equal(error, undefined);
  assert.ok(height > 0, "no video");
});

step("playback continues after a seek by keyboard", async () => {
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  const from = await page.waitForFunction(() => {
    const { currentTime, seeking } = document.querySelector("video");
    return !seeking && currentTime > 10 && currentTime;
  });
  const time = await from.jsonValue();
  await page.waitForFunction((earlier) => document.querySelector("video").currentTime > earlier, {}, time);
});

step("an admin logs in, adds the film to a list, and finds its page", async () => {
  await page.goto(`${nang.url}/my-list`);
  await page.locator("main a[href^='/login']").click();
  await page.locator("input[name=email]").fill(ADMIN.email);
  await page.locator("input[name=password]").fill(ADMIN.password);
  await page.locator("button[type=submit]").click();
  await page.waitForFunction(() => location.pathname === "/my-list" && document.querySelector("main h2"));
  await page.goto(`${nang.url}/films`);
  await page.locator("main li a[href^='/films/']").click();
  await named("button", "Add to my list").click();
  await named("button", "In my list").wait();
  await page.goto(`${nang.url}/my-list`);
  await page.locator("main li a[href^='/films/']").wait();
  await page.goto(`${nang.url}/admin/films`);
  await page.locator(`main a[href^='/admin/films/${filmId}']`).click();
  await page.waitForFunction((title) => document.querySelector("h1")?.textContent.includes(title), {}, TITLE);
});
