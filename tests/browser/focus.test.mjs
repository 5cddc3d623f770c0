// The focal point of images: set by clicking and with the keys, and kept in sight wherever pages cut an image.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { DESKTOP, launchBrowser, PHONE, screenshot, visit } from "./browser.mjs";
import { logIn } from "./client.mjs";
import { makeLongMaster } from "./master.mjs";
import { ADMIN, publishFilm, startNang } from "./nang.mjs";
import { changeFilm, check, logInOn } from "./site-admin.mjs";
import { stepsOf } from "./steps.mjs";

const TITLE = "Faces";

let nang;
let browser;
let master;
let client;
let filmId;
let person;
let editor;
let phone;

before(async () => {
  [nang, browser, master] = await Promise.all([startNang(), launchBrowser(), makeLongMaster(6)]);
  client = await logIn(nang, ADMIN);
  filmId = await publishFilm(nang, client, master.film, TITLE);
  person = await client.post("/api/admin/cast", { body: { names: { en: "Bua" } } });
  await changeFilm(client, filmId, { credits: [{ person_id: person.id, role: "actor" }] });
  const category = await client.post("/api/admin/categories", {
    body: { slug: "home", names: { en: "Home" } },
  });
  await client.put("/api/admin/categories/{id}/films", {
    path: { id: category.id },
    header: { "If-Match": `"${category.version}"` },
    body: { films: [filmId] },
  });
  editor = await visit(browser, { ...DESKTOP, locale: "en-US", colorScheme: "light" });
  phone = await visit(browser, { ...PHONE, locale: "en-US" });
  await logInOn(editor.page, nang);
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await master?.remove();
});

const step = stepsOf("focus", () => ({ servers: [nang], visitors: { editor, phone } }));

/** An image of this size: grey, with a red mark whose centre is a tenth of the width from the left and of the height from the top. */
async function drawn(page, width, height) {
  const bytes = await page.evaluate(
    async ([w, h]) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
      const context = canvas.getContext("2d");
      context.fillStyle = "#777";
      context.fillRect(0, 0, w, h);
      context.fillStyle = "#e00";
      context.fillRect(0.05 * w, 0.05 * h, 0.1 * w, 0.1 * h);
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
      return [...new Uint8Array(await blob.arrayBuffer())];
    },
    [width, height],
  );
  return { name: "image.png", mimeType: "image/png", buffer: Buffer.from(bytes) };
}

async function add(page, section, file) {
  await section.locator("input[type=file]").setInputFiles(file);
  await page.getByRole("button", { name: "Use this part" }).click();
}

/** Uses the point of the dialog, and waits until the server has it. */
async function use(page, dialog) {
  const saved = page.waitForResponse((response) => response.url().endsWith("/focus"));
  await dialog.getByRole("button", { name: "Use this point" }).click();
  assert.equal((await saved).status(), 204);
  await dialog.waitFor({ state: "detached" });
}

const positionOf = (image) => image.evaluate((element) => getComputedStyle(element).objectPosition);

step("a click sets the point, the arrow keys move it, and it is stored", async () => {
  const { page } = editor;
  await page.goto(`${nang.url}/admin/films/${filmId}/images`);
  const section = (name) => page.locator("section").filter({ has: page.getByRole("heading", { name }) });
  await add(page, section("Backdrops"), await drawn(page, 1600, 900));
  await page.getByRole("img", { name: "Backdrop 1" }).waitFor();
  await add(page, section("Posters"), await drawn(page, 600, 900));
  await page.getByRole("img", { name: "Poster 1" }).waitFor();
  for (const name of ["Backdrop 1", "Poster 1"]) {
    await page.getByRole("button", { name: `Focal point: ${name}` }).click();
    const dialog = page.getByRole("dialog", { name: `Focal point: ${name}` });
    const area = dialog.getByRole("img", {
      name: /^Focal point at 50 % from the left and 50 % from the top$/,
    });
    const image = dialog.locator("img").first();
    await image.evaluate((element) => element.decode());
    const box = await image.boundingBox();
    await area.click({ position: { x: box.width * 0.2, y: box.height * 0.1 } });
    const moved = dialog.getByRole("img", { name: /^Focal point at/ });
    for (let press = 0; press < 10; press += 1) {
      await moved.press("ArrowLeft");
    }
    await dialog
      .getByRole("img", { name: "Focal point at 10 % from the left and 10 % from the top" })
      .waitFor();
    await check(page, `focus-${name}`);
    await use(page, dialog);
  }
  const { images } = await client.get("/api/admin/films/{id}", { path: { id: filmId } });
  for (const { focus } of images) {
    assert.ok(Math.abs(focus.x - 0.1) < 0.01 && Math.abs(focus.y - 0.1) < 0.01, JSON.stringify(focus));
  }
});

step("a portrait has one too", async () => {
  const { page } = editor;
  await page.goto(`${nang.url}/admin/people`);
  await page.getByRole("button", { name: /Bua/ }).first().click();
  const section = page.locator("section").filter({ has: page.getByRole("heading", { name: "Portraits" }) });
  await add(page, section, await drawn(page, 800, 1000));
  await page.getByRole("button", { name: "Focal point: Portrait 1" }).click();
  const dialog = page.getByRole("dialog", { name: "Focal point: Portrait 1" });
  const area = dialog.getByRole("img", { name: /^Focal point at/ });
  await area.press("Shift+ArrowUp");
  await dialog
    .getByRole("img", { name: "Focal point at 50 % from the left and 40 % from the top" })
    .waitFor();
  await use(page, dialog);
  await page.goto(`${nang.url}/people/${person.slug}`);
  const portrait = page.locator('main img[src^="/api/images/"]').first();
  await portrait.waitFor();
  assert.equal(await positionOf(portrait), "50% 40%");
});

step("first page, film page and lists keep the point in sight on a phone", async () => {
  const { page } = phone;
  const { images } = await client.get("/api/admin/films/{id}", { path: { id: filmId } });
  const idOf = (kind) => images.find((image) => image.kind === kind).id;
  for (const [path, kind] of [
    ["/", "backdrop"],
    [`/films/${filmId}`, "backdrop"],
    ["/films", "poster"],
  ]) {
    await page.goto(nang.url + path);
    const image = page.locator(`img[src*="${idOf(kind)}"]`).first();
    await image.waitFor();
    const [x, y] = (await positionOf(image)).split(" ").map((part) => Number.parseFloat(part));
    assert.ok(Math.abs(x - 10) < 1 && Math.abs(y - 10) < 1, `${path}: ${x} ${y}`);
    await image.evaluate((element) => element.decode());
    await screenshot(page, `focus-phone-${kind}${path.replaceAll("/", "-")}`);
  }
});

step("before the application runs, a page shows its first image in the same place and theme", async () => {
  for (const path of ["/", `/films/${filmId}`, "/films", "/search?q=Faces"]) {
    const [early, shown] = [await firstImage(path, { runs: false }), await firstImage(path, { runs: true })];
    assert.deepEqual(early, shown, path);
    assert.ok(early.width >= 80 && early.position.startsWith("10%"), JSON.stringify(early));
  }
});

/** The first image on a phone whose owner chose the light theme. `runs`: whether the application does. */
async function firstImage(path, { runs }) {
  const context = await browser.newContext({ ...PHONE, locale: "en-US", colorScheme: "dark" });
  await context.addInitScript(() => localStorage.setItem("nang.theme", "light"));
  const page = await context.newPage();
  if (!runs) {
    await page.route("**/assets/*.js", (route) => route.abort());
  }
  // On a busy machine the server may send a page without what it shows first.
  for (let attempt = 0; attempt < 50; attempt += 1) {
    await page.goto(nang.url + path);
    if (runs || (await page.locator("#early").count()) > 0) {
      break;
    }
  }
  const image = page.locator(`img[${runs ? "src*=" : "srcset*="}"/api/images/"]`).first();
  await image.evaluate((element) => element.decode());
  const { x, y, width, height } = await image.boundingBox();
  const ink = await page
    .locator(".title")
    .first()
    .evaluate((element) => getComputedStyle(element).color);
  const seen = { x, y, width, height, position: await positionOf(image), ink };
  await context.close();
  return seen;
}
