// The player on a phone and on a desktop: quality, seek bar, resuming, lost connections, keyboard shortcuts.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import {
  currentTime,
  DESKTOP,
  frameContrast,
  launchBrowser,
  PHONE,
  screenshot,
  showControls,
  visit,
  waitForPlayback,
} from "./browser.mjs";
import { logIn } from "./client.mjs";
import { MASTER_SECONDS, makeMasters } from "./master.mjs";
import { ADMIN, publishFilm, startNang } from "./nang.mjs";
import { stepsOf } from "./steps.mjs";

/** Real frames have far more contrast; uniform ones have none. */
const MIN_CONTRAST = 8;

let nang;
let browser;
let masters;
let viewer;
let filmId;

before(async () => {
  [nang, browser, masters] = await Promise.all([startNang(), launchBrowser(), makeMasters()]);
  filmId = await publishFilm(nang, await logIn(nang, ADMIN), masters.film, "Big Buck Bunny");
  viewer = await visit(browser, { ...PHONE, locale: "lo-LA" });
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await masters?.remove();
});

const step = stepsOf("player", () => ({ servers: [nang], visitors: { viewer } }));

step("a film plays on a phone", async () => {
  const { page } = viewer;
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "ຫຼິ້ນ" }).tap();
  await waitForPlayback(page, 2);
  const contrast = await frameContrast(page);
  assert.ok(contrast > MIN_CONTRAST, `the frame is uniform (contrast ${contrast})`);
  const { duration, paused } = await page.evaluate(() => {
    const video = document.querySelector("video");
    return { duration: video.duration, paused: video.paused };
  });
  assert.equal(paused, false);
  assert.ok(Math.abs(duration - MASTER_SECONDS) < 0.5, `the film lasts ${duration} s`);
  await showControls(page);
  await screenshot(page, "phone-playing");
});

/** Opens the menu with the qualities. On a busy machine the controls can hide before the tap, so this tries more than once. */
async function openSettings(page) {
  for (let attempt = 1; ; attempt++) {
    await showControls(page);
    try {
      await page.getByRole("button", { name: /^ການຕັ້ງຄ່າ/ }).tap({ timeout: 3000 });
      return await page.getByRole("menu").waitFor();
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

step("the quality menu switches the rendition", async () => {
  const { page } = viewer;
  for (const [name, height] of [
    ["234p", 234],
    ["720p", 720],
  ]) {
    await openSettings(page);
    await screenshot(page, `phone-quality-${name}`);
    await page.getByRole("menuitemradio", { name: new RegExp(`^${name} .* ຕໍ່ຊົ່ວໂມງ$`) }).tap();
    await page.waitForFunction(
      (expected) => document.querySelector("video").videoHeight === expected,
      height,
    );
    await page
      .getByRole("button", { name: `ການຕັ້ງຄ່າ: ${name}`, includeHidden: true })
      .waitFor({ state: "attached" });
  }
});

step("a tap on the seek bar seeks", async () => {
  const { page } = viewer;
  await showControls(page);
  const bar = await page.getByRole("slider", { name: "ຕຳແໜ່ງໃນໜັງ" }).boundingBox();
  await page.touchscreen.tap(bar.x + bar.width * 0.5, bar.y + bar.height / 2);
  await page.waitForFunction((middle) => {
    const video = document.querySelector("video");
    return !video.seeking && Math.abs(video.currentTime - middle) < 3;
  }, MASTER_SECONDS / 2);
  await waitForPlayback(page, 1);
  assert.ok((await frameContrast(page)) > MIN_CONTRAST);
});

step("dragging on the seek bar shows the thumbnail of the new position", async () => {
  const { page, context } = viewer;
  await showControls(page);
  const bar = await page.getByRole("slider", { name: "ຕຳແໜ່ງໃນໜັງ" }).boundingBox();
  const devtools = await context.newCDPSession(page);
  const touch = (type, ...fractions) =>
    devtools.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: fractions.map((at) => ({ x: bar.x + bar.width * at, y: bar.y + bar.height / 2 })),
    });
  await touch("touchStart", 0.5);
  for (const at of [0.55, 0.8, 0.97]) {
    await touch("touchMove", at);
  }
  const thumbnail = await shownThumbnail(page, "00003.jpg");
  assert.ok(thumbnail.contrast > MIN_CONTRAST, `the thumbnail is uniform (contrast ${thumbnail.contrast})`);
  const player = await page.locator(".player").boundingBox();
  const { box } = thumbnail;
  assert.ok(box.x >= 0 && box.x + box.width <= 360 && box.y >= player.y, JSON.stringify(box));
  assert.ok(box.y + box.height <= bar.y + 1, "the thumbnail covers the seek bar");
  await screenshot(page, "phone-storyboard");
  // Seek back to the middle, so that the next steps have film left to play.
  await touch("touchMove", 0.45);
  await shownThumbnail(page, "00002.jpg");
  await touch("touchEnd");
  await page.locator("[data-storyboard]").waitFor({ state: "detached" });
  await page.waitForFunction((least) => {
    const video = document.querySelector("video");
    return !video.seeking && Math.abs(video.currentTime - least) < 3;
  }, MASTER_SECONDS * 0.45);
  await devtools.detach();
});

/** Presses "continue from", and returns the position at which the film then begins to play. */
async function resume(page) {
  await page.getByRole("button", { name: /^ເບິ່ງຕໍ່ຈາກ 0:/ }).tap();
  const begun = await page.waitForFunction(() => {
    const { paused, readyState, currentTime } = document.querySelector("video");
    return !paused && readyState > 2 && currentTime > 0 && currentTime;
  });
  return begun.jsonValue();
}

step("after a reload the film resumes where the viewer stopped", async () => {
  const { page } = viewer;
  const stopped = await currentTime(page);
  await page.reload();
  await page.getByRole("button", { name: /^ເບິ່ງຕໍ່ຈາກ 0:/ }).waitFor();
  await screenshot(page, "phone-resume");
  const resumed = await resume(page);
  assert.ok(Math.abs(resumed - stopped) < 3, `stopped at ${stopped} s, resumed at ${resumed} s`);
  await waitForPlayback(page, 0.5);
});

step("a press before the playlist has arrived resumes there, too", async () => {
  const { page } = viewer;
  const stopped = await currentTime(page);
  let deliver;
  const isPressed = new Promise((resolve) => {
    deliver = resolve;
  });
  await page.route(/\/v\/[^?]*\.m3u8/, async (route) => {
    await isPressed;
    await route.continue();
  });
  await page.reload();
  const resumed = resume(page);
  await page.waitForFunction(() => !document.querySelector("video").paused);
  deliver();
  const position = await resumed;
  await page.unrouteAll({ behavior: "ignoreErrors" });
  assert.ok(Math.abs(position - stopped) < 3, `stopped at ${stopped} s, resumed at ${position} s`);
  await waitForPlayback(page, 0.5);
});

step("a forged token is refused", async () => {
  const { url } = await (await viewer.page.request.post(`${nang.url}/api/stream/${filmId}`)).json();
  const good = await viewer.page.request.get(new URL(url, nang.url).href);
  assert.equal(good.status(), 200);
  const forged = url.replace(/^(.*\/v\/)(.)/, (_whole, path, first) => `${path}${first === "A" ? "B" : "A"}`);
  const bad = await viewer.page.request.get(new URL(forged, nang.url).href);
  assert.equal(bad.status(), 403);
});

/**
 * Opens the film in a new browser context with a limited bandwidth, which `setBandwidth` changes. The limit applies from
 * the first byte of the page on, because the player estimates the bandwidth from the page's own downloads.
 */
async function openWithBandwidth(bytesPerSecond) {
  const { page, context } = await visit(browser, { ...DESKTOP, locale: "en-US" });
  const network = await context.newCDPSession(page);
  await network.send("Network.enable");
  const setBandwidth = (downloadThroughput) =>
    network.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 20,
      downloadThroughput,
      uploadThroughput: -1,
    });
  await setBandwidth(bytesPerSecond);
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "Play" }).waitFor();
  /** Waits until the height of the video is between `minimum` and `maximum`. */
  const waitForHeight = (minimum, maximum) =>
    page.waitForFunction(
      ([low, high]) => {
        const { videoHeight } = document.querySelector("video");
        return low <= videoHeight && videoHeight <= high;
      },
      [minimum, maximum],
      { timeout: 60_000 },
    );
  return { page, context, setBandwidth, waitForHeight };
}

step("when the bandwidth drops, the player lowers the quality instead of stopping", async () => {
  // Enough for the best rendition, but too little to load the whole film before the bandwidth drops.
  const { page, context, setBandwidth, waitForHeight } = await openWithBandwidth(800_000);
  const best = page.waitForResponse((response) => /\/v720\/\d+\.m4s$/.test(response.url()));
  await page.getByRole("button", { name: "Play" }).click();
  await best;
  await setBandwidth(40_000);
  await waitForHeight(720, 720);
  await waitForHeight(1, 719);
  await waitForPlayback(page, 1);
  await context.close();
});

step("after a refused request the player renews the session and continues", async () => {
  const { page, context } = await visit(browser, { ...PHONE, locale: "en-US" });
  let segmentRequests = 0;
  let sessionRequests = 0;
  await page.route("**/v/**/*.m4s", (route) => {
    segmentRequests += 1;
    return segmentRequests === 1 ? route.fulfill({ status: 403 }) : route.continue();
  });
  page.on("request", (request) => {
    sessionRequests += /\/api\/stream\/([0-9a-f-]{36}|sessions\/.*\/renew)$/.test(request.url()) ? 1 : 0;
  });
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "Play" }).tap();
  await waitForPlayback(page, 2);
  assert.ok(segmentRequests > 1);
  assert.equal(sessionRequests, 2);
  await context.close();
});

step("a lost connection is reported, and playback resumes automatically", async () => {
  const { page, context } = await visit(browser, { ...PHONE, locale: "en-US" });
  // Wait for the multivariant playlist, so that the lost connection is the only error.
  const playlist = page.waitForResponse((response) => response.url().endsWith("/main.m3u8"));
  await page.goto(`${nang.url}/films/${filmId}`);
  await playlist;
  await context.setOffline(true);
  await page.getByRole("button", { name: "Play" }).tap();
  await page.getByText("The connection was lost.").waitFor({ timeout: 60_000 });
  await screenshot(page, "phone-lost");
  await context.setOffline(false);
  await waitForPlayback(page, 1);
  await page.getByText("The connection was lost.").waitFor({ state: "detached" });
  await context.close();
});

step("keyboard shortcuts control the player", async () => {
  const { page, context } = await visit(browser, { ...DESKTOP, locale: "en-US" });
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "Play" }).waitFor();
  await page.keyboard.press("k");
  await waitForPlayback(page, 1);
  const from = await currentTime(page);
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((least) => document.querySelector("video").currentTime >= least, from + 9);
  await page.keyboard.press("m");
  await page.waitForFunction(() => document.querySelector("video").muted);
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await screenshot(page, "desktop-keys");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  // Immediately, before the browser has rendered a frame without the dialog.
  await page.keyboard.press("Space");
  await page.waitForFunction(() => document.querySelector("video").paused);
  assert.equal(await page.evaluate(() => document.querySelector("video").ended), false);
  await screenshot(page, "desktop-film");
  await context.close();
});

step("pointing at the seek bar shows a thumbnail and loads only its sheet", async () => {
  const { page, context } = await visit(browser, { ...DESKTOP, locale: "en-US" });
  const requested = [];
  page.on("request", (request) => {
    const name = /\/storyboard\/(.+)$/.exec(request.url())?.[1];
    if (name) {
      requested.push(name);
    }
  });
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "Play" }).click();
  await waitForPlayback(page, 1);
  const bar = await page.getByRole("slider", { name: "Position in the film" }).boundingBox();
  const pointAt = (fraction) => page.mouse.move(bar.x + bar.width * fraction, bar.y + bar.height / 2);
  await pointAt(0.5);
  const middle = await shownThumbnail(page, "00002.jpg");
  assert.ok(middle.contrast > MIN_CONTRAST, `the thumbnail is uniform (contrast ${middle.contrast})`);
  assert.ok(Math.abs(middle.box.x + middle.box.width / 2 - (bar.x + bar.width / 2)) < 2);
  await page.getByText("0:15", { exact: true }).waitFor();
  await screenshot(page, "desktop-storyboard");
  assert.deepEqual(requested, ["index.vtt", "00002.jpg"]);
  await pointAt(0.001);
  const first = await shownThumbnail(page, "00001.jpg");
  assert.ok(first.box.x >= bar.x - 1, "the thumbnail is cut off at the edge");
  assert.deepEqual(requested, ["index.vtt", "00002.jpg", "00001.jpg"]);
  await context.close();
});

/** Waits for a thumbnail from this sheet above the seek bar; returns its box and its contrast (see `frameContrast`). */
async function shownThumbnail(page, sheet) {
  const thumbnail = page.locator(`[data-storyboard=shown][style*="${sheet}"]`);
  await thumbnail.waitFor();
  const contrast = await thumbnail.evaluate(async (element) => {
    const style = getComputedStyle(element);
    const image = new Image();
    image.src = /^url\("(.+)"\)$/.exec(style.backgroundImage)[1];
    await image.decode();
    const [sheetWidth, sheetHeight] = style.backgroundSize.split(" ").map(Number.parseFloat);
    if (Math.abs(sheetWidth / sheetHeight - image.naturalWidth / image.naturalHeight) > 0.01) {
      throw new Error(
        `a sheet of ${image.naturalWidth}×${image.naturalHeight} is scaled to ${style.backgroundSize}`,
      );
    }
    const [x, y] = style.backgroundPosition.split(" ").map((at) => -Number.parseFloat(at));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [64, 36];
    const canvasContext = canvas.getContext("2d");
    const scale = image.naturalWidth / sheetWidth;
    canvasContext.drawImage(
      image,
      x * scale,
      y * scale,
      element.clientWidth * scale,
      element.clientHeight * scale,
      0,
      0,
      64,
      36,
    );
    const { data } = canvasContext.getImageData(0, 0, 64, 36);
    const greens = Array.from({ length: data.length / 4 }, (_none, index) => data[index * 4 + 1]);
    const mean = greens.reduce((sum, green) => sum + green, 0) / greens.length;
    return Math.sqrt(greens.reduce((sum, green) => sum + (green - mean) ** 2, 0) / greens.length);
  });
  return { contrast, box: await thumbnail.boundingBox() };
}
