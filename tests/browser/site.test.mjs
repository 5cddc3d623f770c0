// The viewers' pages over a small catalogue: from the first page to a film and back, filters, search, my list, settings.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { promisify } from "node:util";
import { DESKTOP, launchBrowser, PHONE, visit } from "./browser.mjs";
import { checkPage } from "./check-page.mjs";
import { logIn } from "./client.mjs";
import { ADMIN, importFilm, startNang } from "./nang.mjs";
import { stepsOf } from "./steps.mjs";

const VIEWER = { email: "noy@example.org", password: "ດອກຈຳປາ ສີຂາວ" };
const FILMS = [
  { en: "The River", lo: "ແມ່ນ້ຳ", year: 1998, genre: "drama" },
  { en: "A Night Market", lo: "ຕະຫຼາດກາງຄືນ", year: 2014, genre: "comedy" },
  { en: "The Weaver", lo: "ຊ່າງຕ່ຳຫູກ", year: 2021, genre: "drama" },
];

let nang;
let browser;
let phone;
let desktop;

before(async () => {
  [nang, browser] = await Promise.all([startNang({ NANG_REGISTRATION: "open" }), launchBrowser()]);
  const admin = await logIn(nang, ADMIN);
  await admin.post("/api/auth/register", { body: { ...VIEWER, display_name: "ນາງ ນ້ອຍ" } });
  await fillCatalogue(admin);
  phone = await visit(browser, { ...PHONE, locale: "lo-LA", colorScheme: "dark" });
  desktop = await visit(browser, { ...DESKTOP, locale: "en-US", colorScheme: "light" });
});

after(async () => {
  await browser?.close();
  await nang?.stop();
});

/** Three films of one second each, two genres, a director and a shelf. */
async function fillCatalogue(admin) {
  const folder = await mkdtemp(join(tmpdir(), "nang-masters-"));
  const genres = {};
  for (const [slug, lo, en] of [
    ["drama", "ລະຄອນ", "Drama"],
    ["comedy", "ຕະຫຼົກ", "Comedy"],
  ]) {
    genres[slug] = await admin.post("/api/admin/genres", { body: { slug, names: { lo, en } } });
  }
  const director = await admin.post("/api/admin/cast", {
    body: { names: { lo: "ຄຳແພງ ສີສະຫວາດ", en: "Khampheng Sisavath" } },
  });
  const ids = [];
  for (const [index, { en, lo, year, genre }] of FILMS.entries()) {
    const master = join(folder, `${index}.mp4`);
    // Different videos: the server refuses a master that it has already.
    const source = ["-f", "lavfi", "-i", `testsrc2=size=320x180:rate=25,hue=h=${index * 90}`];
    const settings = ["-t", "1", "-c:v", "libx264", "-preset", "ultrafast", master];
    await promisify(execFile)("ffmpeg", ["-v", "error", ...source, ...settings]);
    const { film } = await importFilm(nang, admin, master, en);
    await admin.patch("/api/admin/films/{id}", {
      path: { id: film.id },
      header: { "If-Match": `"${film.version}"` },
      body: {
        titles: { lo, en },
        year,
        synopses: { en: `A story about ${en.toLowerCase()}.`, lo: `ເລື່ອງຂອງ ${lo}.` },
        genres: [genres[genre].id],
        credits: [{ person_id: director.id, role: "director" }],
        visibility: "public",
      },
    });
    ids.push(film.id);
  }
  const shelf = await admin.post("/api/admin/categories", {
    body: { slug: "by-the-water", names: { lo: "ແຄມນ້ຳ", en: "By the water" } },
  });
  await admin.put("/api/admin/categories/{id}/films", {
    path: { id: shelf.id },
    header: { "If-Match": `"${shelf.version}"` },
    body: { films: [ids[0], ids[2]] },
  });
  await rm(folder, { recursive: true, force: true });
}

const step = stepsOf("site", () => ({ servers: [nang], visitors: { phone, desktop } }));

step("the first page shows the first film of the first shelf, and the shelves", async () => {
  const { page } = phone;
  await page.goto(nang.url);
  await page.getByRole("region", { name: "ໜັງແນະນຳ" }).getByRole("heading", { name: "ແມ່ນ້ຳ" }).waitFor();
  await page.getByRole("heading", { name: "ແຄມນ້ຳ" }).waitFor();
  await page.getByText("ເລື່ອງຂອງ ແມ່ນ້ຳ.").waitFor();
  await checkPage(page, "phone-home");
});

step(
  "going back from a film shows the same place of the list at once, with the focus on its link",
  async () => {
    const { page } = desktop;
    await page.setViewportSize({ width: 800, height: 320 });
    await page.goto(`${nang.url}/films`);
    const link = page.getByRole("link", { name: "The River" });
    await link.scrollIntoViewIfNeeded();
    await page.waitForLoadState("networkidle");
    const before = await page.evaluate(() => window.scrollY);
    await link.click();
    await page.getByRole("heading", { name: "The River", level: 1 }).waitFor();
    assert.equal(await page.title(), "The River · Nang");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "content");
    assert.equal(await page.evaluate(() => window.scrollY), 0);

    const requests = [];
    page.on("request", (request) => requests.push(request.url()));
    await page.goBack();
    await link.waitFor();
    await page.waitForFunction((y) => Math.abs(window.scrollY - y) < 2, before);
    assert.match(await page.evaluate(() => document.activeElement?.textContent), /The River/);
    assert.deepEqual(
      requests.filter((url) => url.includes("/api/films")),
      [],
    );
    await page.setViewportSize(DESKTOP.viewport);
  },
);

step("filters and order are in the address, and each filter can be removed", async () => {
  const { page } = desktop;
  await page.goto(`${nang.url}/films`);
  await page.getByLabel("Genre").selectOption({ label: "Drama" });
  await page.getByLabel("Order").selectOption({ label: "Year of release" });
  await page.waitForURL("**/films?genre=drama&sort=year");
  const titles = () => page.locator("main li a > .title").allTextContents();
  await page.getByRole("link", { name: "A Night Market" }).waitFor({ state: "detached" });
  assert.deepEqual((await titles()).toSorted(), ["The River", "The Weaver"]);
  await checkPage(page, "desktop-films-filtered");
  await page.reload();
  await page.getByLabel("Decade").selectOption({ label: "2020s" });
  await page.getByRole("link", { name: "The River" }).waitFor({ state: "detached" });
  assert.deepEqual(await titles(), ["The Weaver"]);
  await page.getByRole("link", { name: "Remove filter: Drama" }).click();
  await page.waitForURL("**/films?decade=2020&sort=year");
  await page.getByLabel("Decade").selectOption({ label: "1960s" });
  await page.getByRole("heading", { name: "No film matches these filters" }).waitFor();
  await checkPage(page, "desktop-films-none");
});

step("a film's page says what is known, and its former address leads to the present one", async () => {
  const { page } = phone;
  const { items } = await (await page.request.get(`${nang.url}/api/films?sort=title_en`)).json();
  const weaver = items.find(({ titles }) => titles.en === "The Weaver");
  await page.goto(`${nang.url}/films/${weaver.id}`);
  await page.waitForURL(`**/films/${weaver.slug}`);
  await page.getByRole("heading", { name: "ຊ່າງຕ່ຳຫູກ", level: 1 }).waitFor();
  await page.getByText("The Weaver").waitFor();
  await page.getByRole("link", { name: "ລະຄອນ" }).waitFor();
  await page.getByRole("heading", { name: "ໜັງທີ່ຄ້າຍຄືກັນ" }).waitFor();
  await checkPage(page, "phone-film-page");
  await page.getByRole("link", { name: "ຄຳແພງ ສີສະຫວາດ", exact: true }).tap();
  await page.getByRole("heading", { name: "ຄຳແພງ ສີສະຫວາດ", level: 1 }).waitFor();
  await checkPage(page, "phone-person");
});

step("search by keyboard: the slash key, a suggestion, and results with the words marked", async () => {
  const { page } = desktop;
  await page.goto(nang.url);
  await page.getByRole("heading", { name: "By the water" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("wea");
  await page.getByRole("option", { name: /The Weaver/ }).waitFor();
  await checkPage(page, "desktop-suggestions");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "The Weaver", level: 1 }).waitFor();

  const box = page.getByRole("combobox", { name: "Search films and people" });
  await box.fill("night");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/search?q=night");
  await page.locator("mark", { hasText: "Night" }).first().waitFor();
  await checkPage(page, "desktop-results");
  await box.fill("qqzzxx");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Nothing found for “qqzzxx”" }).waitFor();
  await checkPage(page, "desktop-nothing-found");
  await page.goto(`${nang.url}/search`);
  await page.getByRole("link", { name: "qqzzxx" }).waitFor();
});

step("without an account my list leads to logging in, and then keeps films", async () => {
  const { page } = phone;
  await page.goto(`${nang.url}/my-list`);
  await page.getByRole("main").getByRole("link", { name: "ເຂົ້າສູ່ລະບົບ" }).tap();
  await page.locator("input[name=email]").fill(VIEWER.email);
  await page.locator("input[name=password]").fill(VIEWER.password);
  await page.locator("button[type=submit]").tap();
  await page.waitForURL(`${nang.url}/my-list`);
  await page.getByRole("heading", { name: "ລາຍການຂອງທ່ານຍັງຫວ່າງ" }).waitFor();
  await checkPage(page, "phone-my-list-empty");
  await page.getByRole("main").getByRole("link", { name: "ເບິ່ງໜັງທັງໝົດ" }).tap();
  await page.getByRole("link", { name: "ຕະຫຼາດກາງຄືນ" }).tap();
  await page.getByRole("button", { name: "ເພີ່ມໃສ່ລາຍການ" }).tap();
  await page.getByRole("button", { name: "ຢູ່ໃນລາຍການ", pressed: true }).waitFor();
  await page.getByRole("navigation").last().getByRole("link", { name: "ລາຍການ" }).tap();
  await page.getByRole("link", { name: "ຕະຫຼາດກາງຄືນ" }).waitFor();
  await page.reload();
  await page.getByRole("link", { name: "ຕະຫຼາດກາງຄືນ" }).waitFor();
  await checkPage(page, "phone-my-list");
});

step("the account page changes the name, and language and colours are kept", async () => {
  const { page } = phone;
  await page.goto(`${nang.url}/account`);
  await page.getByLabel("ຊື່", { exact: true }).fill("ນ້ອຍ");
  await page.getByRole("button", { name: "ບັນທຶກ" }).tap();
  await page.getByText("ບັນທຶກແລ້ວ.").waitFor();
  await page.getByRole("button", { name: "ບັນຊີຂອງ ນ້ອຍ" }).waitFor();
  await checkPage(page, "phone-account");
  await page.getByRole("main").getByRole("button", { name: "ແຈ້ງ" }).tap();
  await page.getByRole("main").getByRole("button", { name: "EN English" }).tap();
  await page.reload();
  await page.getByRole("heading", { name: "Account and settings" }).waitFor();
  assert.deepEqual(await page.evaluate(() => ({ ...document.documentElement.dataset })), { theme: "light" });
  await checkPage(page, "phone-account-light");
});

step("an address without a page says so, with the status of one", async () => {
  const { page } = desktop;
  for (const path of ["/films/no-such-film", "/nothing"]) {
    const response = await page.goto(nang.url + path);
    assert.equal(response.status(), 404);
    await page.getByRole("heading", { name: "Page not found" }).waitFor();
  }
  await checkPage(page, "desktop-not-found");
});

step("a link to a film for members leads a visitor to logging in, and then to the film", async () => {
  const admin = await logIn(nang, ADMIN);
  const { items } = await admin.get("/api/admin/films", { query: { text: "The Weaver" } });
  const [{ id, slug, version }] = items;
  await admin.patch("/api/admin/films/{id}", {
    path: { id },
    header: { "If-Match": `"${version}"` },
    body: { visibility: "members" },
  });
  const { page, context } = await visit(browser, { ...PHONE, locale: "lo-LA" });
  await page.goto(`${nang.url}/films/${slug}`);
  await page.getByRole("heading", { name: "ໜັງເລື່ອງນີ້ສຳລັບສະມາຊິກ" }).waitFor();
  await checkPage(page, "phone-members-only");
  await page.getByRole("main").getByRole("link", { name: "ເຂົ້າສູ່ລະບົບ" }).tap();
  await page.locator("input[name=email]").fill(VIEWER.email);
  await page.locator("input[name=password]").fill(VIEWER.password);
  await page.locator("button[type=submit]").tap();
  await page.getByRole("heading", { name: "ຊ່າງຕ່ຳຫູກ", level: 1 }).waitFor();
  await context.close();
});

step("a misspelled name finds the person, and the page says that it corrected", async () => {
  const { page } = desktop;
  await page.goto(`${nang.url}/search?q=Khamphemg`);
  await page.getByText("Nothing is written “Khamphemg”. These are similar.").waitFor();
  await page.getByRole("link", { name: "Khampheng Sisavath" }).first().click();
  await page.getByRole("heading", { name: "Khampheng Sisavath", level: 1 }).waitFor();
  assert.match(page.url(), /\/people\/[a-z-]+$/);
});

step("the Lao font is loaded where Lao is shown", async () => {
  const { page, context } = await visit(browser, { ...PHONE, locale: "lo-LA" });
  await page.goto(`${nang.url}/login`);
  await page.getByRole("heading", { name: "ເຂົ້າສູ່ລະບົບ" }).waitFor();
  await page.evaluate(() => document.fonts.ready);
  const loaded = await page.evaluate(() =>
    [...document.fonts].filter(({ status }) => status === "loaded").map(({ family }) => family),
  );
  assert.deepEqual(loaded, ["Nang Lao"]);
  await context.close();
});
