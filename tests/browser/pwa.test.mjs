// The pages as an installed app: the shell without a server, the way back, and a newer build on the server.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchBrowser, PHONE, screenshot, visit } from "./browser.mjs";
import { startNang } from "./nang.mjs";
import { stepsOf } from "./steps.mjs";

let nang;
let browser;
let phone;

before(async () => {
  [nang, browser] = await Promise.all([startNang(), launchBrowser()]);
  phone = await visit(browser, { ...PHONE, locale: "lo-LA" });
});

after(async () => {
  await browser?.close();
  await nang?.stop();
});

const step = stepsOf("pwa", () => ({ servers: [nang], visitors: { phone } }));

step("the pages name a manifest whose icons exist, and the icons of browsers are real files", async () => {
  const { page } = phone;
  await page.goto(nang.url);
  const href = await page.locator("link[rel=manifest]").getAttribute("href");
  const response = await page.request.get(nang.url + href);
  const manifest = await response.json();
  assert.equal(manifest.display, "standalone");
  const files = [...manifest.icons.map(({ src }) => src), "/favicon.ico", "/apple-touch-icon.png"];
  for (const src of files) {
    const icon = await page.request.get(nang.url + src);
    assert.equal(icon.status(), 200);
    assert.match(icon.headers()["content-type"], /^image\//, src);
  }
});

step(
  "without a server every page says that there is no connection, and shows its films when it is back",
  async () => {
    const { page } = phone;
    await page.goto(nang.url);
    // Navigations ask an active worker, also on a page that it does not control: one that was loading when the worker claimed its pages.
    await page.evaluate(() => navigator.serviceWorker.ready);
    await nang.halt();
    for (const path of [
      "/",
      "/search?q=nam",
      "/films/some-film",
      "/genres/drama",
      "/people/no-such-person",
      "/films",
    ]) {
      await page.goto(nang.url + path);
      await page.getByRole("heading", { name: "ບໍ່ມີການເຊື່ອມຕໍ່" }).waitFor();
    }
    await screenshot(page, "phone-no-connection");
    await nang.resume();
    // The device says that its connection is back.
    await page.evaluate(() => globalThis.dispatchEvent(new Event("online")));
    await page.getByRole("heading", { name: "ຍັງບໍ່ມີໜັງເທື່ອ" }).waitFor();
  },
);

step("a newer build on the server is loaded when the visitor goes to another page", async () => {
  const { page } = phone;
  await page.goto(`${nang.url}/films`);
  await page.evaluate(() => {
    window.isOldPage = true;
  });
  const options = `${nang.url}/api/auth/options`;
  await page.route(options, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), pages_build: "another" } });
  });
  const asked = page.waitForResponse(options);
  await page.evaluate(() => globalThis.dispatchEvent(new Event("online")));
  await (await asked).finished();
  assert.equal(await page.evaluate(() => window.isOldPage), true);
  await page.getByRole("navigation").last().getByRole("link", { name: "ຊອກຫາ" }).tap();
  await page.waitForFunction(() => window.isOldPage === undefined);
  await page.waitForURL(`${nang.url}/search`);
});
