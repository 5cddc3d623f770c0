// The chapters of a master: viewers jump to them, and editors see them with the encoding.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  assertFitsItsWidth,
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
import { CHAPTERS, makeMasterWithChapters } from "./master.mjs";
import { ADMIN, publishFilm, startNang } from "./nang.mjs";
import { logInOn } from "./site-admin.mjs";

let nang;
let browser;
let master;
let filmId;

before(async () => {
  [nang, browser, master] = await Promise.all([startNang(), launchBrowser(), makeMasterWithChapters()]);
  filmId = await publishFilm(nang, await logIn(nang, ADMIN), master.film, "ສາມບົດ");
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await master?.remove();
});

const [first, second, third] = CHAPTERS;

/** Waits until the film is at a chapter's start, or has played a little from there. */
async function waitForJump(page, { start }) {
  await page.waitForFunction((from) => {
    const { currentTime, seeking } = document.querySelector("video");
    return !seeking && currentTime >= from - 0.1 && currentTime < from + 5;
  }, start);
}

async function pause(page) {
  await page.evaluate(() => document.querySelector("video").pause());
  await page.locator('.player[data-phase="paused"]').waitFor();
}

test("a viewer jumps to a chapter with the menu, the keys and the seek bar", async () => {
  const { page, problems } = await visit(browser, { ...DESKTOP, locale: "en-US" });
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "Play", exact: true }).first().click();
  await waitForPlayback(page, 0.2);
  await pause(page);
  const button = page.getByRole("button", { name: /^Chapters/ });
  assert.equal(await button.getAttribute("aria-label"), `Chapters: ${first.title}`);
  assert.equal(await page.locator("[data-chapter-mark]").count(), 2);

  // With the keyboard alone: the menu begins at the current chapter.
  await button.focus();
  await page.keyboard.press("Enter");
  const menu = page.getByRole("menu", { name: "Chapters" });
  const current = menu.getByRole("menuitemradio", { checked: true });
  assert.match(await current.textContent(), new RegExp(`${first.title}.*0:00`));
  await screenshot(page, "desktop-chapters-menu");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await menu.waitFor({ state: "detached" });
  await waitForJump(page, third);
  await page.getByRole("button", { name: `Chapters: ${third.title}` }).waitFor();

  await page.keyboard.press("Shift+ArrowLeft");
  await waitForJump(page, second);
  await page.getByText(`${second.title} · 0:10 / 0:30`).waitFor();
  await page.keyboard.press("Shift+ArrowRight");
  await waitForJump(page, third);
  // The last chapter has no next one.
  await page.keyboard.press("Shift+ArrowRight");
  assert.ok((await currentTime(page)) >= third.start - 0.1);

  const slider = page.getByRole("slider", { name: "Position in the film" });
  assert.match(await slider.getAttribute("aria-valuetext"), new RegExp(`${third.title}$`));
  const box = await slider.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.locator(".player").getByText(second.title, { exact: true }).waitFor();
  await screenshot(page, "desktop-chapters-tooltip");
  assert.deepEqual(problems, []);
});

test("on a phone the chapters are in a sheet, and the controls fit", async () => {
  const { page, problems } = await visit(browser, { ...PHONE, locale: "lo-LA" });
  await page.goto(`${nang.url}/films/${filmId}`);
  await page.getByRole("button", { name: "ຫຼິ້ນ" }).first().click();
  await waitForPlayback(page, 0.2);
  await pause(page);
  await showControls(page);
  await page.getByRole("button", { name: /^ບົດ/ }).tap();
  const menu = page.getByRole("menu", { name: "ບົດ" });
  await menu.getByText(second.title).waitFor();
  await screenshot(page, "phone-chapters-menu");
  await menu.getByText(second.title).tap();
  await waitForJump(page, second);
  await assertFitsItsWidth(page);
  const right = await page
    .getByRole("button", { name: "ເຕັມຈໍ", exact: true })
    .evaluate((button) => button.getBoundingClientRect().right);
  assert.ok(right <= PHONE.viewport.width, `the last button ends at ${right} px`);
  await screenshot(page, "phone-chapters-controls");
  assert.deepEqual(problems, []);
});

test("an editor sees the chapters of an encoding", async () => {
  const { page, problems } = await visit(browser, { ...DESKTOP, locale: "en-US" });
  await logInOn(page, nang);
  await page.goto(`${nang.url}/admin/films/${filmId}/builds`);
  await page.getByRole("link", { name: /^Film · fast/ }).click();
  const chapters = page.getByRole("region", { name: "Chapters" });
  await chapters.getByText(second.title).waitFor();
  assert.equal(await chapters.getByRole("listitem").count(), 3);
  await screenshot(page, "desktop-build-chapters");
  await page.setViewportSize(PHONE.viewport);
  await assertFitsItsWidth(page);
  await chapters.getByRole("button", { name: "0:20" }).click();
  await waitForJump(page, third);
  await screenshot(page, "phone-build-chapters");
  assert.deepEqual(problems, []);
});
