// What a viewer sets while watching, and what happens around the film: speed, data, subtitles, numbers, gestures, a stopped server.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import {
  currentTime,
  DESKTOP,
  launchBrowser,
  PHONE,
  screenshot,
  showControls,
  visit,
  waitForPlayback,
} from "./browser.mjs";
import { logIn } from "./client.mjs";
import { LONG_MASTER_SECONDS, makeLongMaster, makeMasters } from "./master.mjs";
import { ADMIN, publishFilm, startNang } from "./nang.mjs";
import { stepsOf } from "./steps.mjs";

const CREDITS_SECONDS = 100;

let nang;
let browser;
let masters;
let admin;
/** Two films of one shelf, in this order. */
let first;
let second;
let desktop;

before(async () => {
  const made = Promise.all([makeLongMaster(), makeMasters()]);
  [nang, browser, masters] = await Promise.all([startNang(), launchBrowser(), made]);
  admin = await logIn(nang, ADMIN);
  first = await publishFilm(nang, admin, masters[0].film, "Long way home");
  second = await publishFilm(nang, admin, masters[1].film, "Big Buck Bunny");
  await putOnShelf([first, second]);
  await markCredits(first);
  await addSubtitles(first);
  desktop = await visit(browser, { ...DESKTOP, locale: "en-US" });
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await Promise.all((masters ?? []).map((master) => master.remove()));
});

async function putOnShelf(films) {
  const shelf = await admin.post("/api/admin/categories", {
    body: { slug: "evening", names: { lo: "ຕອນແລງ", en: "This evening" } },
  });
  await admin.put("/api/admin/categories/{id}/films", {
    path: { id: shelf.id },
    header: { "If-Match": `"${shelf.version}"` },
    body: { films },
  });
}

async function markCredits(id) {
  const { version } = await admin.get("/api/admin/films/{id}", { path: { id } });
  await admin.patch("/api/admin/films/{id}", {
    path: { id },
    header: { "If-Match": `"${version}"` },
    body: { credits_ms: CREDITS_SECONDS * 1000 },
  });
}

async function addSubtitles(id) {
  const response = await fetch(
    `${nang.url}/api/admin/films/${id}/tracks/subtitles?language=lo&default=true`,
    {
      method: "POST",
      headers: { Authorization: `Bearer ${await admin.session.token()}` },
      body: "1\n00:00:00,000 --> 00:01:59,000\nສະບາຍດີ\n",
    },
  );
  assert.ok(response.ok, `${response.status}`);
}

const step = stepsOf("watching", () => ({ servers: [nang], visitors: { desktop } }));

async function play(page, id = first) {
  await page.goto(`${nang.url}/films/${id}`);
  await page.getByRole("button", { name: /^(Play|Continue from|ຫຼິ້ນ|ເບິ່ງຕໍ່ຈາກ)/ }).click();
  await waitForPlayback(page, 1);
}

const video = (page, read) => page.evaluate(`(${read})(document.querySelector("video"))`);

step("the speed is chosen by key and in the menu, and is kept for the next film", async () => {
  const { page } = desktop;
  await play(page);
  await page.keyboard.press("Shift+Period");
  await page.getByText("Speed: 1.25×").waitFor();
  assert.equal(await video(page, (element) => element.playbackRate), 1.25);
  await page.mouse.move(400, 300);
  await page.getByRole("button", { name: /^Settings: .*1.25×$/ }).click();
  await screenshot(page, "desktop-player-settings");
  await page.getByRole("menuitemradio", { name: "1.5×" }).click();
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelector("video").playbackRate === 1.5);
  await play(page, second);
  assert.equal(await video(page, (element) => element.playbackRate), 1.5);
});

step("saving data limits the automatic quality, and each quality says what an hour needs", async () => {
  const { page } = desktop;
  await play(page, second);
  await page.mouse.move(400, 300);
  await page.getByRole("button", { name: /^Settings/ }).click();
  await page.getByRole("menuitemradio", { name: /^720p [\d.]+ [MG]B an hour$/ }).waitFor();
  const group = page.getByRole("group", { name: "Save data" });
  await group.getByRole("menuitemradio", { name: "On" }).click();
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => {
    const { videoHeight } = document.querySelector("video");
    return videoHeight > 0 && videoHeight < 480;
  });
  await page.reload();
  await page.getByRole("button", { name: /^(Play|Continue from)/ }).click();
  await waitForPlayback(page, 1);
  assert.ok((await video(page, (element) => element.videoHeight)) < 480);
  await page.mouse.move(400, 300);
  await page.getByRole("button", { name: /^Settings/ }).click();
  await group.getByRole("menuitemradio", { name: "Off" }).click();
});

step("size, colour and place of the subtitles change at once and are kept", async () => {
  const { page } = desktop;
  const { page: lao, context } = await visit(browser, { ...DESKTOP, locale: "lo-LA" });
  await play(lao);
  const cue = lao.locator("[data-cue]").first();
  await cue.waitFor();
  const bottom = (await cue.boundingBox()).y;
  await lao.mouse.move(400, 300);
  await lao.getByRole("button", { name: /^ຄຳບັນຍາຍ/ }).click();
  await lao.getByRole("menuitemradio", { name: "ເຫຼືອງ" }).click();
  await lao.getByRole("menuitemradio", { name: "ເທິງ" }).click();
  await lao.waitForFunction(
    (y) => document.querySelector("[data-cue]").getBoundingClientRect().y < y - 100,
    bottom,
  );
  assert.equal(await cue.evaluate((element) => getComputedStyle(element).color), "rgb(255, 228, 92)");
  await screenshot(lao, "desktop-subtitle-style");
  await lao.reload();
  await lao.getByRole("button", { name: /^(ຫຼິ້ນ|ເບິ່ງຕໍ່ຈາກ)/ }).click();
  await cue.waitFor();
  assert.equal(await cue.evaluate((element) => getComputedStyle(element).color), "rgb(255, 228, 92)");
  await context.close();
  await page.bringToFront();
});

step("the numbers of the playback and the list of keys are shown by key", async () => {
  const { page } = desktop;
  await play(page, second);
  await page.keyboard.press("i");
  const numbers = page.getByRole("region", { name: "Playback details" });
  await numbers
    .getByText(/^\d+×\d+, [\d.]+ [kM]bit\/s$/)
    .first()
    .waitFor();
  assert.match(await numbers.textContent(), /Dropped frames\d+ \(\d+ shown\)/);
  await screenshot(page, "desktop-player-numbers");
  await page.keyboard.press("i");
  await numbers.waitFor({ state: "detached" });
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByText("Playback details").waitFor();
  await page.keyboard.press("Escape");
});

step("the lock screen gets the title and the keys of headphones control the film", async () => {
  const { page, context } = await visit(browser, { ...DESKTOP, locale: "en-US" });
  await page.addInitScript(() => {
    window.mediaKeys = {};
    const set = navigator.mediaSession.setActionHandler.bind(navigator.mediaSession);
    navigator.mediaSession.setActionHandler = (action, handler) => {
      window.mediaKeys[action] = handler;
      set(action, handler);
    };
  });
  await play(page);
  assert.equal(await page.evaluate(() => navigator.mediaSession.metadata.title), "Long way home");
  await page.evaluate(() => window.mediaKeys.seekto({ seekTime: 50 }));
  await page.waitForFunction(() => document.querySelector("video").currentTime >= 50);
  await page.evaluate(() => window.mediaKeys.pause());
  await page.waitForFunction(() => document.querySelector("video").paused);
  await page.evaluate(() => window.mediaKeys.nexttrack());
  await page.waitForURL(/big-buck-bunny/);
  await waitForPlayback(page, 1);
  await context.close();
});

step("during the credits the next film is offered, and after the end also the way back", async () => {
  const { page } = desktop;
  await page.goto(nang.url);
  await page.getByRole("link", { name: "Long way home" }).first().click();
  await page.getByRole("button", { name: /^(Play|Continue from)/ }).click();
  await waitForPlayback(page, 1);
  const offer = page.getByRole("complementary", { name: "Next film" });
  assert.equal(await offer.count(), 0);
  await video(page, (element) => {
    element.currentTime = 101;
  });
  await offer.waitFor();
  await screenshot(page, "desktop-credits");
  await offer.getByRole("button", { name: "Watch the credits" }).click();
  await offer.waitFor({ state: "detached" });
  await page.keyboard.press("9");
  await video(page, (element) => {
    element.currentTime = element.duration - 1;
  });
  await page.locator('.player[data-phase="ended"]').waitFor();
  assert.ok((await currentTime(page)) > LONG_MASTER_SECONDS - 1);
  await screenshot(page, "desktop-ended");
  await page.getByRole("button", { name: /^Next film/ }).click();
  await page.getByRole("heading", { name: "Big Buck Bunny", level: 1 }).waitFor();
  await waitForPlayback(page, 1);
});

step("double taps and swipes on a phone seek", async () => {
  const phone = await visit(browser, { ...PHONE, locale: "en-US" });
  const { page } = phone;
  await page.goto(`${nang.url}/films/${first}`);
  await page.getByRole("button", { name: "Play" }).tap();
  await waitForPlayback(page, 1);
  const box = await page.locator("video").boundingBox();
  const before = await currentTime(page);
  await page.touchscreen.tap(box.x + box.width * 0.9, box.y + 30);
  await page.touchscreen.tap(box.x + box.width * 0.9, box.y + 30);
  await page.waitForFunction((least) => document.querySelector("video").currentTime >= least, before + 10);

  const devtools = await phone.context.newCDPSession(page);
  const touch = (type, ...fractions) =>
    devtools.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: fractions.map((at) => ({ x: box.x + box.width * at, y: box.y + 40 })),
    });
  const from = await currentTime(page);
  await touch("touchStart", 0.3);
  for (const at of [0.4, 0.5, 0.6, 0.7]) {
    await touch("touchMove", at);
  }
  await page.getByRole("status").filter({ hasText: " / 2:00" }).waitFor();
  await screenshot(page, "phone-swipe");
  await touch("touchEnd");
  await page.waitForFunction((least) => document.querySelector("video").currentTime >= least, from + 30);
  assert.deepEqual(phone.problems, []);
  await phone.context.close();
});

step("a phone held sideways shows the whole frame", async () => {
  const { page, context } = await visit(browser, {
    ...PHONE,
    viewport: { width: 740, height: 360 },
    locale: "lo-LA",
  });
  await page.goto(`${nang.url}/films/${first}`);
  await page.getByRole("button", { name: "ຫຼິ້ນ" }).tap();
  await waitForPlayback(page, 1);
  await showControls(page);
  const { top, bottom } = await page.locator(".player").evaluate((player) => {
    const box = player.getBoundingClientRect();
    return { top: box.top, bottom: box.bottom };
  });
  assert.ok(top >= -1 && bottom <= 361, `the player is from ${top} to ${bottom} on a screen of 360 px`);
  // Nothing covers its lower edge.
  const covering = await page.evaluate(
    () => document.elementFromPoint(370, 350)?.closest(".player") === null,
  );
  assert.equal(covering, false);
  await screenshot(page, "phone-sideways");
  await context.close();
});

step("after a pause of hours the session is renewed and the film continues", async () => {
  const { page, context } = await visit(browser, { ...DESKTOP, locale: "en-US" });
  await page.clock.install();
  await page.goto(`${nang.url}/films/${first}`);
  await page.getByRole("button", { name: "Play" }).click();
  await waitForPlayback(page, 1);
  await page.keyboard.press("k");
  await page.waitForFunction(() => document.querySelector("video").paused);
  await page.clock.fastForward("09:00:00");
  const renewed = page.waitForResponse((response) =>
    /\/api\/stream\/(sessions\/.*\/renew|[0-9a-f-]{36})$/.test(response.url()),
  );
  await page.keyboard.press("k");
  await waitForPlayback(page, 1);
  assert.equal((await renewed).status(), 200);
  await context.close();
});

step(
  "while the server is stopped the player says one true thing, and continues when it is back",
  async (context) => {
    const { page, context: visitor } = await visit(browser, { ...DESKTOP, locale: "en-US" });
    await play(page);
    await page.evaluate(() => {
      window.said = [];
      const record = () => {
        const said = [...document.querySelectorAll(".player [role=status], .player [role=alert]")]
          .map((element) => element.textContent)
          .join(" ")
          .trim();
        if (said !== "" && window.said.at(-1) !== said) {
          window.said.push(said);
        }
      };
      new MutationObserver(record).observe(document.querySelector(".player"), {
        subtree: true,
        childList: true,
        characterData: true,
      });
    });
    await nang.halt();
    await video(page, (element) => {
      element.currentTime = 118;
    });
    await page.getByText("The connection was lost.").waitFor();
    const lostAt = Date.now();
    // Longer than hls.js retries by itself, and than the wait after which a slow connection is reported.
    await page.waitForFunction((at) => Date.now() - at > 20_000, lostAt, { timeout: 30_000 });
    assert.equal(await page.getByText("The connection was lost.").count(), 1);
    await screenshot(page, "desktop-server-stopped");
    await nang.resume();
    // The player also retries by itself, and may have been quicker.
    await page.evaluate(() =>
      [...document.querySelectorAll("button")]
        .find(({ textContent }) => textContent === "Retry now")
        ?.click(),
    );
    await page.getByText("The connection was lost.").waitFor({ state: "detached", timeout: 40_000 });
    await page.waitForFunction(() => document.querySelector("video").currentTime > 118.2, null, {
      timeout: 40_000,
    });
    const said = await page.evaluate(() => window.said);
    context.diagnostic(JSON.stringify(said));
    assert.deepEqual(
      said.filter((text) => !/^(Loading|The connection was lost\..*)$/.test(text)),
      [],
    );
    await visitor.close();
  },
);
