// The main way, as people go it: an admin makes a film of a file, a viewer watches it on a phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  assertFitsItsWidth,
  currentTime,
  DESKTOP,
  frameContrast,
  launchBrowser,
  PHONE,
  screenshot,
  visit,
  waitForPlayback,
} from "./browser.mjs";
import { MASTER_SECONDS, makeMasters } from "./master.mjs";
import { ADMIN, startNang } from "./nang.mjs";

const TITLES = { lo: "ກະຕ່າຍໃຫຍ່", en: "Big Buck Bunny" };
const ENCODING_TIMEOUT_MS = 180_000;
/** Any real picture has far more; black, grey or green has none. */
const MIN_CONTRAST = 8;

let nang;
let browser;
let masters;
let admin;
let viewer;
let filmId;

before(async () => {
  [nang, browser, masters] = await Promise.all([startNang(), launchBrowser(), makeMasters()]);
  admin = await visit(browser, { ...DESKTOP, locale: "en-US" });
  viewer = await visit(browser, { ...PHONE, locale: "lo-LA" });
  await admin.page.addInitScript(recordProgress);
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await masters?.remove();
});

/** Runs in the page: keeps every value a progress bar ever showed, under its label. */
function recordProgress() {
  window.shownProgress = {};
  const look = () => {
    for (const bar of document.querySelectorAll("[role=progressbar]")) {
      const values = window.shownProgress[bar.ariaLabel] ?? [];
      window.shownProgress[bar.ariaLabel] = values;
      const value = Number(bar.ariaValueNow);
      if (values.at(-1) !== value) {
        values.push(value);
      }
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
}

function step(name, run) {
  test(name, async (context) => {
    try {
      await run();
    } catch (error) {
      await screenshot(admin.page, `failed-admin-${name}`).catch(() => undefined);
      await screenshot(viewer.page, `failed-viewer-${name}`).catch(() => undefined);
      context.diagnostic(nang.log());
      throw error;
    }
    assert.deepEqual([...admin.problems, ...viewer.problems], []);
  });
}

step("an empty site says so, in Lao, on a phone", async () => {
  const { page } = viewer;
  await page.goto(nang.url);
  await page.getByRole("heading", { name: "ຍັງບໍ່ມີໜັງເທື່ອ" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "lo");
  await assertFitsItsWidth(page);
  await screenshot(page, "phone-empty");
});

step("nobody makes an account where that is closed", async () => {
  const { page } = viewer;
  await page.goto(`${nang.url}/register`);
  await page.getByRole("alert").filter({ hasText: "ບ່ອນນີ້ບໍ່ເປີດໃຫ້ສ້າງບັນຊີ" }).waitFor();
  await assertFitsItsWidth(page);
  await screenshot(page, "phone-register-closed");
});

step("a wrong password is refused with a reason, the right one opens the door", async () => {
  const { page } = admin;
  await page.goto(`${nang.url}/admin`);
  await page.getByLabel("Email").fill(ADMIN.email);
  await page.getByLabel("Password", { exact: true }).fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").waitFor();
  await screenshot(page, "desktop-login");
  await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Add the first film" }).waitFor();
});

step("a reload keeps the admin signed in", async () => {
  const { page } = admin;
  await page.reload();
  await page.getByRole("heading", { name: "Add the first film" }).waitFor();
});

step("an admin makes a film, and sees it encoded live until it is ready", async () => {
  const { page } = admin;
  await page.getByRole("link", { name: "New film" }).click();
  await page.getByLabel("Title in Lao").fill(TITLES.lo);
  await page.getByLabel("Title in English").fill(TITLES.en);
  await page.locator("input[type=file]").setInputFiles(masters.film);
  await page.getByRole("radio", { name: /^fast/ }).check();
  await screenshot(page, "desktop-new-film");
  await page.getByRole("button", { name: "Create the film and upload" }).click();
  await page.waitForURL(/\/admin\/films\/[0-9a-f-]{36}$/);
  filmId = page.url().split("/").at(-1);

  await page.getByRole("progressbar", { name: "Encoding progress" }).waitFor({ timeout: 60_000 });
  await page.waitForFunction(() => (window.shownProgress["Encoding progress"]?.at(-1) ?? 0) > 0);
  await screenshot(page, "desktop-encoding");
  await page.getByText("Ready. Look at the preview").waitFor({ timeout: ENCODING_TIMEOUT_MS });
  const shown = await page.evaluate(() => window.shownProgress["Encoding progress"]);
  assert.deepEqual(
    shown,
    shown.toSorted((one, other) => one - other),
    "progress never goes back",
  );
  assert.ok(shown.length >= 3, `progress was live: ${shown}`);
});

step("a draft can be previewed by its admin and is nothing to anybody else", async () => {
  await admin.page.getByRole("button", { name: "Play" }).click();
  await waitForPlayback(admin.page, 1);
  assert.ok((await frameContrast(admin.page)) > MIN_CONTRAST);
  await screenshot(admin.page, "desktop-ready");

  await viewer.page.goto(`${nang.url}/films/${filmId}`);
  await viewer.page.getByRole("heading", { name: "ບໍ່ພົບໜ້ານີ້" }).waitFor();
  const refusal = await viewer.page.request.post(`${nang.url}/api/stream/${filmId}`);
  assert.ok(refusal.status() >= 400, `a stranger was given a draft: ${refusal.status()}`);
});

step("the admin publishes it", async () => {
  const { page } = admin;
  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByText("Viewers can watch this film.").waitFor();
  await page.getByText("Details", { exact: true }).click();
  await page.getByRole("cell", { name: /^720p/ }).waitFor();
  await screenshot(page, "desktop-published");
});

step("a viewer finds it in Lao and it plays on a phone", async () => {
  const { page } = viewer;
  await page.goto(nang.url);
  await page.getByRole("link", { name: TITLES.lo }).waitFor();
  await assertFitsItsWidth(page);
  await screenshot(page, "phone-films");
  await page.getByRole("link", { name: TITLES.lo }).tap();
  await page.getByRole("heading", { name: TITLES.lo }).waitFor();
  await assertFitsItsWidth(page);
  await screenshot(page, "phone-film");
  await page.getByRole("button", { name: "ຫຼິ້ນ" }).tap();
  await waitForPlayback(page, 2);
  const contrast = await frameContrast(page);
  assert.ok(contrast > MIN_CONTRAST, `the picture is flat (${contrast})`);
  const { duration, paused } = await page.evaluate(() => {
    const video = document.querySelector("video");
    return { duration: video.duration, paused: video.paused };
  });
  assert.equal(paused, false);
  assert.ok(Math.abs(duration - MASTER_SECONDS) < 0.5, `the film lasts ${duration} s`);
  await showControls(page);
  await screenshot(page, "phone-playing");
});

step("the quality menu switches the rung", async () => {
  const { page } = viewer;
  for (const [name, height] of [
    ["234p", 234],
    ["720p", 720],
  ]) {
    await showControls(page);
    await page.getByRole("button", { name: /^ຄວາມຄົມຊັດ/ }).tap();
    await page.getByRole("menu").waitFor();
    await screenshot(page, `phone-quality-${name}`);
    await page.getByRole("menuitemradio", { name, exact: true }).tap();
    await page.waitForFunction(
      (expected) => document.querySelector("video").videoHeight === expected,
      height,
    );
    await page
      .getByRole("button", { name: `ຄວາມຄົມຊັດ: ${name}`, includeHidden: true })
      .waitFor({ state: "attached" });
  }
});

step("a tap on the bar seeks", async () => {
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

step("a finger on the bar sees what it will get", async () => {
  const { page, context } = viewer;
  await showControls(page);
  const bar = await page.getByRole("slider", { name: "ຕຳແໜ່ງໃນໜັງ" }).boundingBox();
  const finger = await context.newCDPSession(page);
  const touch = (type, ...fractions) =>
    finger.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: fractions.map((at) => ({ x: bar.x + bar.width * at, y: bar.y + bar.height / 2 })),
    });
  await touch("touchStart", 0.5);
  for (const at of [0.55, 0.8, 0.97]) {
    await touch("touchMove", at);
  }
  const picture = await shownThumbnail(page, "00003.jpg");
  assert.ok(picture.contrast > MIN_CONTRAST, `the picture is flat (${picture.contrast})`);
  const player = await page.locator(".player").boundingBox();
  const { box } = picture;
  assert.ok(box.x >= 0 && box.x + box.width <= 360 && box.y >= player.y, JSON.stringify(box));
  assert.ok(box.y + box.height <= bar.y + 1, "it covers the bar");
  await screenshot(page, "phone-storyboard");
  // Back to the middle, so that there is something left to watch.
  await touch("touchMove", 0.45);
  await shownThumbnail(page, "00002.jpg");
  await touch("touchEnd");
  await page.locator("[data-storyboard]").waitFor({ state: "detached" });
  await page.waitForFunction((least) => {
    const video = document.querySelector("video");
    return !video.seeking && Math.abs(video.currentTime - least) < 3;
  }, MASTER_SECONDS * 0.45);
  await finger.detach();
});

step("a reload goes on where the viewer was", async () => {
  const { page } = viewer;
  const left = await currentTime(page);
  await page.reload();
  await page.getByRole("button", { name: /^ເບິ່ງຕໍ່ຈາກ 0:/ }).waitFor();
  await screenshot(page, "phone-resume");
  await page.getByRole("button", { name: /^ເບິ່ງຕໍ່ຈາກ 0:/ }).tap();
  await page.waitForFunction(() => {
    const video = document.querySelector("video");
    return !video.paused && video.readyState > 2 && video.currentTime > 0;
  });
  const resumed = await currentTime(page);
  assert.ok(Math.abs(resumed - left) < 3, `left at ${left} s, resumed at ${resumed} s`);
  await waitForPlayback(page, 0.5);
});

step("a token that is not ours opens nothing", async () => {
  const { url } = await (await viewer.page.request.post(`${nang.url}/api/stream/${filmId}`)).json();
  const good = await viewer.page.request.get(new URL(url, nang.url).href);
  assert.equal(good.status(), 200);
  const forged = url.replace(/^(.*\/v\/)(.)/, (_whole, path, first) => `${path}${first === "A" ? "B" : "A"}`);
  const bad = await viewer.page.request.get(new URL(forged, nang.url).href);
  assert.equal(bad.status(), 403);
});

/**
 * Opens the film over a link of its own, `bytesPerSecond` wide; `setBandwidth` changes that. From the first byte of the page on: the
 * player takes the link for what the page has measured.
 */
async function openOverSlowLink(bytesPerSecond) {
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
  /** Waits until the picture has from `least` to `most` lines. */
  const waitForHeight = (least, most) =>
    page.waitForFunction(
      ([low, high]) => {
        const { videoHeight } = document.querySelector("video");
        return low <= videoHeight && videoHeight <= high;
      },
      [least, most],
      { timeout: 60_000 },
    );
  return { page, context, setBandwidth, waitForHeight };
}

step("the picture gets worse by itself rather than stop when the link does", async () => {
  // Enough for the best rung, and too little to have fetched all of the film before the link gets worse.
  const { page, context, setBandwidth, waitForHeight } = await openOverSlowLink(800_000);
  const best = page.waitForResponse((response) => /\/v720\/\d+\.m4s$/.test(response.url()));
  await page.getByRole("button", { name: "Play" }).click();
  await best;
  await setBandwidth(40_000);
  await waitForHeight(720, 720);
  await waitForHeight(1, 719);
  await waitForPlayback(page, 1);
  await context.close();
});

step("a refused request is authorised anew without the viewer noticing", async () => {
  const { page, context } = await visit(browser, { ...PHONE, locale: "en-US" });
  let refused = 0;
  let authorised = 0;
  await page.route("**/v/**/*.m4s", (route) => {
    refused += 1;
    return refused === 1 ? route.fulfill({ status: 403 }) : route.continue();
  });
  page.on("request", (request) => {
    authorised += /\/api\/stream\/([0-9a-f-]{36}|sessions\/.*\/renew)$/.test(request.url()) ? 1 : 0;
  });
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "Play" }).tap();
  await waitForPlayback(page, 2);
  assert.ok(refused > 1);
  assert.equal(authorised, 2);
  await context.close();
});

step("a lost connection is said, and mended by itself", async () => {
  const { page, context } = await visit(browser, { ...PHONE, locale: "en-US" });
  await page.goto(`${nang.url}/films/${filmId}`);
  // The multivariant playlist is there, so that losing the link is all that goes wrong.
  await page.waitForResponse((response) => response.url().endsWith("/main.m3u8"));
  await context.setOffline(true);
  await page.getByRole("button", { name: "Play" }).tap();
  await page.getByText("The connection was lost.").waitFor({ timeout: 60_000 });
  await screenshot(page, "phone-lost");
  await context.setOffline(false);
  await waitForPlayback(page, 1);
  await page.getByText("The connection was lost.").waitFor({ state: "detached" });
  await context.close();
});

step("the keyboard drives the player", async () => {
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
  await page.getByRole("dialog", { name: "Keys for the player" }).waitFor();
  await screenshot(page, "desktop-keys");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  // At once, before the browser has drawn a picture without the dialog.
  await page.keyboard.press("Space");
  await page.waitForFunction(() => document.querySelector("video").paused);
  assert.equal(await page.evaluate(() => document.querySelector("video").ended), false);
  await screenshot(page, "desktop-film");
  await context.close();
});

step("a mouse on the bar sees what is there, and asks for that sheet alone", async () => {
  const { page, context } = await visit(browser, { ...DESKTOP, locale: "en-US" });
  const asked = [];
  page.on("request", (request) => {
    const name = /\/storyboard\/(.+)$/.exec(request.url())?.[1];
    if (name) {
      asked.push(name);
    }
  });
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "Play" }).click();
  await waitForPlayback(page, 1);
  const bar = await page.getByRole("slider", { name: "Position in the film" }).boundingBox();
  const pointAt = (fraction) => page.mouse.move(bar.x + bar.width * fraction, bar.y + bar.height / 2);
  await pointAt(0.5);
  const middle = await shownThumbnail(page, "00002.jpg");
  assert.ok(middle.contrast > MIN_CONTRAST, `the picture is flat (${middle.contrast})`);
  assert.ok(Math.abs(middle.box.x + middle.box.width / 2 - (bar.x + bar.width / 2)) < 2);
  await page.getByText("0:15", { exact: true }).waitFor();
  await screenshot(page, "desktop-storyboard");
  assert.deepEqual(asked, ["index.vtt", "00002.jpg"]);
  await pointAt(0.001);
  const first = await shownThumbnail(page, "00001.jpg");
  assert.ok(first.box.x >= bar.x - 1, "it is cut off at the edge");
  assert.deepEqual(asked, ["index.vtt", "00002.jpg", "00001.jpg"]);
  await context.close();
});

step("a file that is no film is refused with its reason, and the film stays unseen", async () => {
  const { page } = admin;
  await page.goto(`${nang.url}/admin/films/new`);
  await page.getByLabel("Title in English").fill("A letter");
  await page.locator("input[type=file]").setInputFiles(masters.text);
  await page.getByRole("button", { name: "Create the film and upload" }).click();
  const report = page.getByRole("alert").filter({ hasText: "The film could not be prepared" });
  await report.waitFor({ timeout: 60_000 });
  const reason = await report.locator("[lang=en]").first().textContent();
  assert.match(reason, /\w+ \w+/, "a reason in words");
  await screenshot(page, "desktop-refused");
  const { items } = await (await viewer.page.request.get(`${nang.url}/api/films`)).json();
  assert.deepEqual(
    items.map(({ id }) => id),
    [filmId],
  );
});

step(
  "an upload that was interrupted goes on from there when the same file is chosen after a reload",
  async () => {
    const { page, context } = admin;
    const network = await context.newCDPSession(page);
    await network.send("Network.enable");
    await network.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 4_000_000,
    });
    await page.goto(`${nang.url}/admin/films/new`);
    await page.getByLabel("Title in English").fill("Interrupted");
    await page.locator("input[type=file]").setInputFiles(masters.large);
    await page.getByRole("button", { name: "Create the film and upload" }).click();
    await page.waitForFunction(() => (window.shownProgress["Upload progress"]?.at(-1) ?? 0) >= 20);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Go on" }).waitFor();
    await screenshot(page, "desktop-upload-paused");

    await page.reload();
    await page.getByText(/The upload stopped at \d+ %/).waitFor();
    await page.locator("input[type=file]").setInputFiles(masters.text);
    await page.getByRole("alert").filter({ hasText: "That is another file" }).waitFor();
    await screenshot(page, "desktop-upload-stopped");
    const goingOn = page.waitForRequest((request) => request.method() === "PATCH");
    await page.locator("input[type=file]").setInputFiles(masters.large);
    const offset = Number((await goingOn).headers()["upload-offset"]);
    assert.ok(offset > 1_000_000, `it went on from byte ${offset}`);
    await page
      .getByRole("alert")
      .filter({ hasText: "The film could not be prepared" })
      .waitFor({ timeout: 60_000 });
    await network.detach();
  },
);

step("taking the film off the site ends it for viewers, and logging out ends the session", async () => {
  const { page } = admin;
  await page.goto(`${nang.url}/admin`);
  const row = page.getByRole("link", { name: new RegExp(TITLES.en) });
  await row.waitFor();
  await screenshot(page, "desktop-admin-films");
  await row.click();
  await page.getByRole("button", { name: "Take off the site" }).click();
  await page
    .getByRole("group", { name: "Take off the site" })
    .getByRole("button", { name: "Take off the site" })
    .click();
  await page.getByText("Ready. Look at the preview").waitFor();
  await viewer.page.goto(`${nang.url}/films/${filmId}`);
  await viewer.page.getByRole("heading", { name: "ບໍ່ພົບໜ້ານີ້" }).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Email").waitFor();
  await page.reload();
  await page.getByLabel("Email").waitFor();
});

/** Waits until the picture above the bar is one of this sheet's; gives its place and its contrast (see `frameContrast`). */
async function shownThumbnail(page, sheet) {
  const picture = page.locator(`[data-storyboard=shown][style*="${sheet}"]`);
  await picture.waitFor();
  const contrast = await picture.evaluate(async (element) => {
    const style = getComputedStyle(element);
    const image = new Image();
    image.src = /^url\("(.+)"\)$/.exec(style.backgroundImage)[1];
    await image.decode();
    const [sheetWidth, sheetHeight] = style.backgroundSize.split(" ").map(Number.parseFloat);
    if (Math.abs(sheetWidth / sheetHeight - image.naturalWidth / image.naturalHeight) > 0.01) {
      throw new Error(
        `a sheet of ${image.naturalWidth}×${image.naturalHeight} is shown as ${style.backgroundSize}`,
      );
    }
    const [x, y] = style.backgroundPosition.split(" ").map((at) => -Number.parseFloat(at));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [64, 36];
    const pen = canvas.getContext("2d");
    const scale = image.naturalWidth / sheetWidth;
    pen.drawImage(
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
    const { data } = pen.getImageData(0, 0, 64, 36);
    const greens = Array.from({ length: data.length / 4 }, (_none, index) => data[index * 4 + 1]);
    const mean = greens.reduce((sum, green) => sum + green, 0) / greens.length;
    return Math.sqrt(greens.reduce((sum, green) => sum + (green - mean) ** 2, 0) / greens.length);
  });
  return { contrast, box: await picture.boundingBox() };
}

/** Controls leave while a film plays; a tap brings them back. */
async function showControls(page) {
  const areHidden = () =>
    page.locator(".player").evaluate((player) => player.dataset.controlsHidden === "true");
  if (await areHidden()) {
    const box = await page.locator("video").boundingBox();
    await page.touchscreen.tap(box.x + box.width / 2, box.y + 20);
  }
  await page.locator('.player[data-controls-hidden="false"]').waitFor();
}
