// What the browser tests do with subtitles in pages.
import { assertFitsItsWidth, DESKTOP, PHONE, screenshot, showControls } from "./browser.mjs";

/** A loaded machine takes long to read a file, make a presentation and load the player. */
export const SLOW_MS = 60_000;
/** A wait that a viewer notices. A busy machine may delay a frame. */
export const MAX_WAIT_MS = 1_000;
/** A busy machine draws few frames. */
export const TIME_TOLERANCE = 1;

/** Takes the page as an editor sees it on a desktop in English and on a phone in Lao, and checks that it fits the phone. */
export async function show(page, name) {
  await screenshot(page, `desktop-tracks-${name}`);
  const scrolled = await page.evaluate(() => window.scrollY);
  await page.setViewportSize(PHONE.viewport);
  await page.getByRole("button", { name: "ລາວ", exact: true }).click();
  await page.waitForFunction(() => document.documentElement.lang === "lo");
  await assertFitsItsWidth(page);
  await screenshot(page, `phone-tracks-${name}`);
  await page.getByRole("button", { name: "EN English", exact: true }).click();
  await page.setViewportSize(DESKTOP.viewport);
  await page.waitForFunction(() => document.documentElement.lang === "en");
  await page.evaluate((y) => window.scrollTo(0, y), scrolled);
}

/** Opens the menu of subtitles. On a busy machine the controls can hide before the tap, so this tries more than once. */
export async function chooseSubtitles(page, name) {
  for (let attempt = 1; ; attempt++) {
    await showControls(page);
    try {
      await page.getByRole("button", { name: /^ຄຳບັນຍາຍ/ }).tap({ timeout: 3_000 });
      await page.getByRole("menu").waitFor();
      break;
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
  await screenshot(page, "phone-tracks-menu");
  await page.getByRole("menuitemradio", { name, exact: true }).tap();
}

/** Limits the uploads of a page, in bytes per second; -1 removes the limit. */
export async function uploadSpeed({ context, page }) {
  const network = await context.newCDPSession(page);
  await network.send("Network.enable");
  const unlimited = { offline: false, latency: 0, downloadThroughput: -1 };
  return (uploadThroughput) =>
    network.send("Network.emulateNetworkConditions", { ...unlimited, uploadThroughput });
}

/** Runs in the page: records how long the video had to wait for data. */
export function recordWaits() {
  window.waits = [];
  const video = document.querySelector("video");
  let since = null;
  video.addEventListener("waiting", () => {
    since ??= performance.now();
  });
  for (const event of ["playing", "ended"]) {
    video.addEventListener(event, () => {
      if (since !== null) {
        window.waits.push(performance.now() - since);
        since = null;
      }
    });
  }
  video.addEventListener("error", () => window.waits.push(Number.MAX_VALUE));
}

/** Runs in the page: records with every frame which subtitles are shown, and the time of the film. */
export function recordSubtitles() {
  window.shownSubtitles = [];
  const record = () => {
    const text = document.querySelector("[data-subtitles=shown]")?.textContent;
    if (text) {
      window.shownSubtitles.push({ text, time: document.querySelector("video").currentTime });
    }
    requestAnimationFrame(record);
  };
  requestAnimationFrame(record);
}

/** The film and the track whose cues the page shows. */
export function trackPath(page) {
  const [, id, track] = /films\/([0-9a-f-]{36})\/tracks\/([0-9a-f-]{36})/.exec(page.url());
  return { id, track };
}
