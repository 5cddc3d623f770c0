// Chromium for the browser tests, and helpers for its pages.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const PHONE = {
  viewport: { width: 360, height: 740 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};
export const DESKTOP = { viewport: { width: 1280, height: 800 } };

export function launchBrowser({ port } = {}) {
  return chromium.launch({
    executablePath: process.env.NANG_CHROMIUM ?? "/usr/bin/chromium",
    args: port ? [...ARGUMENTS, `--remote-debugging-port=${port}`] : ARGUMENTS,
  });
}

/** A new browser context with a page. `problems` collects uncaught errors and violations of the content security policy. */
export async function visit(browser, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    if (/content.security.policy/i.test(message.text())) {
      problems.push(message.text());
    }
  });
  page.setDefaultTimeout(20_000);
  return { context, page, problems };
}

export async function screenshot(page, name) {
  const folder = process.env.NANG_SHOTS;
  if (folder) {
    await mkdir(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }
}

export async function assertFitsItsWidth(page) {
  const { content, width } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    width: window.innerWidth,
  }));
  assert.ok(content <= width, `the page is ${content} px wide on a screen of ${width} px`);
}

/** Waits until `seconds` more of the film have played. */
export async function waitForPlayback(page, seconds) {
  await page.locator("video").waitFor({ state: "attached" });
  const from = await currentTime(page);
  await page.waitForFunction((until) => document.querySelector("video").currentTime >= until, from + seconds);
}

export function currentTime(page) {
  return page.evaluate(() => document.querySelector("video").currentTime);
}

/** The contrast of the current frame: the standard deviation of its luma (0 to 128). It is 0 for a uniform frame. */
export function frameContrast(page) {
  return page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = 64;
    canvas.height = 36;
    const canvasContext = canvas.getContext("2d");
    canvasContext.drawImage(document.querySelector("video"), 0, 0, canvas.width, canvas.height);
    const { data } = canvasContext.getImageData(0, 0, canvas.width, canvas.height);
    const luma = [];
    for (let at = 0; at < data.length; at += 4) {
      luma.push(0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2]);
    }
    const mean = luma.reduce((sum, value) => sum + value, 0) / luma.length;
    return Math.sqrt(luma.reduce((sum, value) => sum + (value - mean) ** 2, 0) / luma.length);
  });
}

/** Shows the controls with a tap, if they are hidden. On a busy machine they can hide again before a tap arrives. */
export async function showControls(page) {
  const shown = page.locator('.player[data-controls-hidden="false"]');
  for (let attempt = 0; (await shown.count()) === 0; attempt += 1) {
    assert.ok(attempt < 5, "the controls stay hidden");
    const box = await page.locator("video").boundingBox();
    await page.touchscreen.tap(box.x + box.width / 2, box.y + 20);
    await shown.waitFor({ timeout: 2_000 }).catch(() => undefined);
  }
}
