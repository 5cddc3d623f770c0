// The tabs of a film's page: details with merged changes, people, images, viewing rights, changes, deleting and restoring.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { DESKTOP, launchBrowser, PHONE, visit } from "./browser.mjs";
import { logIn } from "./client.mjs";
import { ADMIN, startNang } from "./nang.mjs";
import { changeFilm, check, logInOn } from "./site-admin.mjs";
import { stepsOf } from "./steps.mjs";

let nang;
let browser;
let client;
let desktop;
let phone;
let film;

before(async () => {
  [nang, browser] = await Promise.all([startNang(), launchBrowser()]);
  client = await logIn(nang, ADMIN);
  film = await client.post("/api/admin/films", {
    body: { titles: { lo: "ແມ່ນ້ຳ", en: "The River" }, year: 1998 },
  });
  await client.post("/api/admin/genres", { body: { slug: "drama", names: { lo: "ລະຄອນ", en: "Drama" } } });
  await client.post("/api/admin/cast", {
    body: { names: { en: "Khampheng Sisavath", lo: "ຄຳແພງ ສີສະຫວາດ" } },
  });
  desktop = await visit(browser, { ...DESKTOP, locale: "en-US", colorScheme: "light" });
  phone = await visit(browser, { ...PHONE, locale: "lo-LA", colorScheme: "dark" });
  await logInOn(desktop.page, nang);
  await logInOn(phone.page, nang);
});

after(async () => {
  await browser?.close();
  await nang?.stop();
});

const step = stepsOf("film-tabs", () => ({ servers: [nang], visitors: { desktop, phone } }));

const open = (page, tab) => page.goto(`${nang.url}/admin/films/${film.id}${tab === "" ? "" : `/${tab}`}`);
const stored = () => client.get("/api/admin/films/{id}", { path: { id: film.id } });

step("every tab has an address, and fits a phone in Lao", async () => {
  const { page } = phone;
  for (const tab of ["", "details", "people", "images", "tracks", "builds", "rights", "history", "delete"]) {
    await open(page, tab);
    await page.getByRole("heading", { name: "ແມ່ນ້ຳ", level: 1 }).waitFor();
    await page.locator("nav a[aria-current=page]").nth(0).waitFor({ state: "attached" });
    await check(page, `phone-film-${tab || "overview"}`);
  }
  await open(page, "nothing");
  await page.getByRole("heading", { name: "ບໍ່ພົບໜ້ານີ້" }).waitFor();
});

step("details: what cannot be right is said beside the field, and goes when it is right", async () => {
  const { page } = desktop;
  await open(page, "details");
  await page.getByLabel("Year of release").fill("98");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Enter a year with four digits.").waitFor();
  await page.getByLabel("Year of release").fill("1998");
  await page.getByText("Enter a year with four digits.").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Discard changes" }).waitFor({ state: "detached" });
});

step("details: changes are saved, in both languages", async () => {
  const { page } = desktop;
  await page.getByLabel("Story in Lao").fill("ເລື່ອງຂອງແມ່ນ້ຳ.");
  await page.getByLabel("Story in English").fill("A story about a river.");
  await page.getByLabel("Length in minutes").fill("95");
  await page.getByLabel("Add a genre").selectOption({ label: "Drama" });
  await page.getByLabel("Add a country").selectOption({ label: "Laos" });
  await check(page, "desktop-film-details");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
  const { synopses, runtime_ms, genres, countries } = await stored();
  assert.deepEqual(synopses, { lo: "ເລື່ອງຂອງແມ່ນ້ຳ.", en: "A story about a river." });
  assert.equal(runtime_ms, 95 * 60_000);
  assert.deepEqual(
    genres.map(({ slug }) => slug),
    ["drama"],
  );
  assert.deepEqual(countries, ["LA"]);
});

step("details: another editor's change of another field is merged without a question", async () => {
  const { page } = desktop;
  await page.getByLabel("Title in English").fill("A River");
  await changeFilm(client, film.id, { age_rating: "13+" });
  await page.getByText("Another editor changed: Age rating.").waitFor();
  assert.equal(await page.getByLabel("Age rating").inputValue(), "13+");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
  const { titles, age_rating } = await stored();
  assert.deepEqual([titles.en, age_rating], ["A River", "13+"]);
});

step("details: a field that both changed is a choice", async () => {
  const { page } = desktop;
  await page.getByLabel("Title in English").fill("My River");
  await changeFilm(client, film.id, { titles: { lo: "ແມ່ນ້ຳ", en: "Their River" } });
  const conflict = page.getByRole("alert", { name: "Another editor changed the same fields" });
  await conflict.getByText("Their River").waitFor();
  assert.ok(await page.getByRole("button", { name: "Save" }).isDisabled());
  await check(page, "desktop-film-conflict");
  await conflict.getByRole("button", { name: "Keep yours: Title in English" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
  assert.equal((await stored()).titles.en, "My River");
});

step("details: leaving with unsaved changes asks first", async () => {
  const { page } = desktop;
  await page.getByLabel("Original title").fill("Nam");
  await page.getByRole("link", { name: "Images" }).click();
  const question = page.getByRole("dialog", { name: "Leave without saving?" });
  await question.getByRole("button", { name: "Stay here" }).click();
  assert.equal(await page.getByLabel("Original title").inputValue(), "Nam");
  await page.getByRole("link", { name: "Images" }).click();
  await question.getByRole("button", { name: "Leave without saving" }).click();
  await page.getByRole("heading", { name: "Posters" }).waitFor();
  assert.equal((await stored()).original_title, null);
});

step("people: found, created, given roles, and put in order with the keyboard", async () => {
  const { page } = desktop;
  await open(page, "people");
  await page.getByLabel("Find a person by name").fill("sisav");
  await page.getByRole("button", { name: /^Khampheng Sisavath/ }).click();
  await page.getByLabel("Find a person by name").fill("ນ້ອຍ");
  await page.getByRole("button", { name: "Create a new person: ນ້ອຍ" }).click();
  const row = (name) => page.getByRole("group", { name, exact: true });
  await row("Khampheng Sisavath").getByLabel("Role").selectOption("director");
  await row("ນ້ອຍ").getByLabel("Part in English").fill("The boatman");
  await page.getByRole("button", { name: "Move ນ້ອຍ up" }).press("Enter");
  // The focus stays on the moved row, although its first button is disabled now.
  assert.equal(await page.evaluate(() => document.activeElement?.ariaLabel), "Move ນ້ອຍ down");
  await check(page, "desktop-film-people");
  const handle = (name) =>
    page
      .getByRole("listitem")
      .filter({ has: row(name) })
      .locator("span[aria-hidden]")
      .first();
  await handle("ນ້ອຍ").dragTo(handle("Khampheng Sisavath"));
  await page.waitForFunction(() =>
    /Khampheng/.test(document.querySelector("ol fieldset legend")?.textContent),
  );
  await handle("ນ້ອຍ").dragTo(handle("Khampheng Sisavath"));
  await page.waitForFunction(() => /ນ້ອຍ/.test(document.querySelector("ol fieldset legend")?.textContent));
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
  const { credits } = await stored();
  assert.deepEqual(
    credits.map(({ role, credited_as }) => [role, credited_as]),
    [
      ["actor", { en: "The boatman" }],
      ["director", {}],
    ],
  );
});

step("images: a poster is cropped to its shape with the keyboard, put first, and deleted", async () => {
  const { page } = desktop;
  await open(page, "images");
  const image = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1200, height: 800 });
    const context = canvas.getContext("2d");
    context.fillStyle = "#a33";
    context.fillRect(0, 0, 600, 800);
    context.fillStyle = "#3a3";
    context.fillRect(600, 0, 600, 800);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    return [...new Uint8Array(await blob.arrayBuffer())];
  });
  const file = { name: "poster.png", mimeType: "image/png", buffer: Buffer.from(image) };
  const posters = page.locator("section").filter({ has: page.getByRole("heading", { name: "Posters" }) });
  for (const key of ["ArrowLeft", "ArrowRight"]) {
    await posters.locator("input[type=file]").setInputFiles(file);
    const crop = page.getByRole("dialog", { name: "Choose the part that is shown" });
    const area = crop.getByRole("img", { name: "Part of the image that is shown" });
    await area.focus();
    for (let press = 0; press < 12; press += 1) {
      await area.press(key);
    }
    await check(page, `desktop-film-crop-${key}`);
    await crop.getByRole("button", { name: "Use this part" }).click();
    await crop.waitFor({ state: "detached" });
    await page.getByText("Saving the images").waitFor({ state: "detached" });
  }
  await posters.getByRole("img", { name: "Poster 2" }).waitFor();
  const [left, right] = (await stored()).images;
  assert.deepEqual([left.width, left.height], [533, 800]);
  assert.notEqual(left.placeholder_colour, right.placeholder_colour);
  await posters.getByRole("button", { name: "Move Poster 2 up" }).click();
  await page.waitForFunction((id) => document.querySelector("section img")?.src.includes(id), right.id);
  assert.equal((await stored()).poster.id, right.id);
  await posters.getByRole("button", { name: "Delete Poster 2" }).click();
  await posters.getByRole("group").getByRole("button", { name: "Delete", exact: true }).click();
  await posters.getByRole("img", { name: "Poster 2" }).waitFor({ state: "detached" });
  assert.deepEqual(
    (await stored()).images.map(({ id }) => id),
    [right.id],
  );
});

step("rights: a window must end after it begins; a film is scheduled", async () => {
  const { page } = desktop;
  await open(page, "rights");
  await page.getByLabel("Can be watched from").fill("2031-02-01T00:00");
  await page.getByLabel("Can be watched until").fill("2031-01-01T00:00");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("The end must be after the beginning.").waitFor();
  await page.getByLabel("Can be watched until").fill("2031-03-01T00:00");
  await page.getByText("The end must be after the beginning.").waitFor({ state: "detached" });
  await page.getByRole("radio", { name: /^Scheduled/ }).check();
  await page.getByLabel("Becomes public on").fill("2031-01-31T18:30");
  await page.getByLabel("Add a country").selectOption({ label: "Laos" });
  await page.getByText("This server does not learn in which country a viewer is").waitFor();
  await page.getByLabel("Region, in the words of the contract").fill("Lao PDR");
  await check(page, "desktop-film-rights");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
  const { visibility, publish_at, availability } = await stored();
  assert.equal(visibility, "scheduled");
  assert.equal(Date.parse(publish_at), new Date("2031-01-31T18:30").getTime());
  assert.equal(availability.region_note, "Lao PDR");
  assert.deepEqual(availability.countries, ["LA"]);
  assert.equal(Date.parse(availability.until), new Date("2031-03-01T00:00").getTime());
});

step("history: each change with its author, before and after", async () => {
  const { page } = desktop;
  await open(page, "history");
  const entry = page.getByRole("listitem").filter({ hasText: "Film changed" }).first();
  await entry.getByText(ADMIN.email).waitFor();
  await entry.getByText(/^\d fields$/).click();
  await entry.getByText("scheduled").waitFor();
  await check(page, "desktop-film-history");
});

step("delete: the title must be typed; a deleted film is restored", async () => {
  const { page } = desktop;
  await open(page, "delete");
  const button = page.getByRole("button", { name: "Delete this film" });
  assert.ok(await button.isDisabled());
  await page.getByLabel("Title of the film").fill("My river");
  assert.ok(await button.isDisabled());
  await page.getByLabel("Title of the film").fill("My River");
  await button.click();
  await page.getByText("This film is deleted. Viewers do not see it.").waitFor();
  assert.notEqual((await stored()).deleted_at, null);
  await check(page, "desktop-film-deleted");
  await page.getByRole("button", { name: "Restore the film" }).click();
  await button.waitFor();
  assert.equal((await stored()).deleted_at, null);
});
