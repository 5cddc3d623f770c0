// The editors' pages for genres, categories and people, and the admins' page for accounts.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { assertFitsItsWidth, DESKTOP, launchBrowser, PHONE, screenshot, visit } from "./browser.mjs";
import { logIn } from "./client.mjs";
import { ADMIN, startNang } from "./nang.mjs";
import { check } from "./site-admin.mjs";
import { stepsOf } from "./steps.mjs";

let nang;
let browser;
let client;
let desktop;
let phone;

before(async () => {
  [nang, browser] = await Promise.all([startNang({ NANG_REGISTRATION: "open" }), launchBrowser()]);
  client = await logIn(nang, ADMIN);
  desktop = await visit(browser, { ...DESKTOP, locale: "en-US" });
  phone = await visit(browser, { ...PHONE, locale: "lo-LA" });
  for (const { page } of [desktop, phone]) {
    await page.goto(`${nang.url}/login`);
    await page.locator("input[name=email]").fill(ADMIN.email);
    await page.locator("input[name=password]").fill(ADMIN.password);
    await page.locator("button[type=submit]").click();
    await page.waitForURL(`${nang.url}/`);
  }
});

after(async () => {
  await browser?.close();
  await nang?.stop();
});

const step = stepsOf("catalogue", () => ({ servers: [nang], visitors: { desktop, phone } }));

step("an editor creates a genre, and a name is required", async () => {
  const { page } = desktop;
  await page.goto(`${nang.url}/admin/genres`);
  await page.getByText("There are no genres yet.").waitFor();
  await page.getByRole("button", { name: "New genre" }).click();
  const dialog = page.getByRole("dialog", { name: "New genre" });
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("Enter a name in at least one language.").waitFor();
  await dialog.getByLabel("Name in Lao").fill("ລະຄອນ");
  await dialog.getByLabel("Name in English").fill("Drama");
  await screenshot(page, "desktop-genre-form");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("listitem").filter({ hasText: "Drama" }).waitFor();
  const { items } = await client.get("/api/admin/genres");
  assert.deepEqual(
    items.map(({ names, slug }) => ({ names, slug })),
    [{ names: { lo: "ລະຄອນ", en: "Drama" }, slug: items[0].slug }],
  );
});

step("a change that another editor made first is not overwritten", async () => {
  const { page } = desktop;
  await page.getByRole("button", { name: "Edit Drama" }).click();
  const [genre] = (await client.get("/api/admin/genres")).items;
  await client.patch("/api/admin/genres/{id}", {
    path: { id: genre.id },
    header: { "If-Match": `"${genre.version}"` },
    body: { names: { ...genre.names, en: "Drama films" } },
  });
  const dialog = page.getByRole("dialog", { name: "Drama" });
  await dialog.getByLabel("Name in English").fill("Theatre");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByRole("alert").filter({ hasText: "Another editor has changed this" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Edit Drama films" }).waitFor();
});

step("a genre is merged into another one, and then deleted after a question", async () => {
  const { page } = desktop;
  await client.post("/api/admin/genres", { body: { names: { lo: "ຕະຫຼົກ", en: "Comedy" } } });
  await page.reload();
  await page.getByRole("button", { name: "Edit Comedy" }).click();
  const comedy = page.getByRole("dialog", { name: "Comedy" });
  await comedy.getByLabel("Merge into").selectOption({ label: "Drama films" });
  await comedy.getByRole("button", { name: "Merge" }).click();
  await comedy.getByText("All films of “Comedy” move to “Drama films”").waitFor();
  await comedy.getByRole("button", { name: "Merge" }).click();
  await comedy.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Edit Drama films" }).click();
  const drama = page.getByRole("dialog", { name: "Drama films" });
  await drama.getByRole("button", { name: "Delete Drama films" }).click();
  await drama.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("There are no genres yet.").waitFor();
});

step("on a phone, in Lao, a shelf and a person are created, and the pages fit the screen", async () => {
  const { page } = phone;
  for (const [path, create, name] of [
    ["shelves", "ເພີ່ມຊັ້ນໜັງ", "ແຄມນ້ຳ"],
    ["people", "ເພີ່ມບຸກຄົນ", "ຄຳແພງ"],
  ]) {
    await page.goto(`${nang.url}/admin/${path}`);
    await page.getByRole("button", { name: create }).tap();
    const dialog = page.getByRole("dialog", { name: create });
    await dialog.getByLabel("ຊື່ພາສາລາວ").fill(name);
    await assertFitsItsWidth(page);
    await screenshot(page, `phone-${path}-form`);
    await dialog.getByRole("button", { name: "ບັນທຶກ" }).tap();
    await page.getByRole("listitem").filter({ hasText: name }).waitFor();
    await assertFitsItsWidth(page);
    await screenshot(page, `phone-${path}`);
  }
});

step("an admin changes a role, creates a password link, and disables an account", async () => {
  const body = { email: "noy@example.org", password: "ດອກຈຳປາ ສີຂາວ", display_name: "Noy" };
  await client.post("/api/auth/register", { body });
  const { page } = desktop;
  await page.goto(`${nang.url}/admin/users`);
  await page.getByLabel("Find by name or e-mail").fill("noy");
  await page.getByRole("combobox", { name: "Role of Noy" }).selectOption("editor");
  await page.getByRole("button", { name: "Create a link with which Noy sets a new password" }).click();
  const link = page.getByRole("dialog", { name: "Link" });
  assert.match(await link.getByLabel("Link").inputValue(), /^http.*\/reset#./);
  await screenshot(page, "desktop-password-link");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Disable the account of Noy" }).click();
  await page.getByRole("button", { name: "Disable", exact: true }).click();
  await page.getByRole("button", { name: "Enable the account of Noy" }).waitFor();
  const { items } = await client.get("/api/admin/users", { query: { text: "noy" } });
  assert.equal(items[0].role, "editor");
  assert.notEqual(items[0].disabled_at, null);
});

step("an admin invites an editor", async () => {
  const { page } = desktop;
  await page.getByRole("button", { name: "Invite" }).click();
  const form = page.getByRole("dialog", { name: "Invite a person" });
  await form.getByLabel("Role").selectOption("editor");
  await form.getByLabel("E-mail (optional)").fill("editor@example.org");
  await form.getByRole("button", { name: "Create the invitation" }).click();
  const link = page.getByRole("dialog", { name: "Link" });
  assert.match(await link.getByLabel("Link").inputValue(), /^http.*\/register#./);
  const { items } = await client.get("/api/admin/invitations");
  assert.equal(items[0].role, "editor");
  assert.equal(items[0].email, "editor@example.org");
  await link.getByRole("img", { name: "QR code for the camera of a phone" }).waitFor();
  await check(page, "desktop-invitation");
  await page.keyboard.press("Escape");
  const open = page.getByRole("listitem").filter({ hasText: "editor@example.org" });
  await open.getByRole("button", { name: "Withdraw: editor@example.org" }).click();
  await open.getByRole("button", { name: "Withdraw", exact: true }).click();
  await open.waitFor({ state: "detached" });
  assert.notEqual((await client.get("/api/admin/invitations")).items[0].withdrawn_at, null);
});

step("an admin ends the sessions of an account", async () => {
  const { page } = desktop;
  await page.getByLabel("Find by name or e-mail").fill(ADMIN.email);
  await page.getByRole("button", { name: "Devices of Admin", exact: true }).click();
  const devices = page.getByRole("dialog", { name: /^Devices of / });
  const rows = devices.getByRole("listitem");
  await rows.nth(1).waitFor();
  const before = await rows.count();
  await check(page, "desktop-user-sessions");
  // The newest session is first; the oldest is the test's own client.
  await rows.last().getByRole("button").click();
  await page.waitForFunction(
    (count) => document.querySelectorAll("[role=dialog] li").length === count,
    before - 1,
  );
  await page.keyboard.press("Escape");
});

step("shelves are put in order, and films of every state are found for them", async () => {
  const { page } = desktop;
  const editor = await logIn(nang, ADMIN);
  await editor.post("/api/admin/films", { body: { titles: { en: "The River" } } });
  for (const [slug, en] of [
    ["first", "First shelf"],
    ["second", "Second shelf"],
  ]) {
    await editor.post("/api/admin/categories", { body: { slug, names: { en }, position: 500 } });
  }
  await page.goto(`${nang.url}/admin/shelves`);
  await page.getByRole("button", { name: "Move Second shelf up" }).click();
  await page.waitForFunction(() => {
    const names = [...document.querySelectorAll("ol > li")].map((row) => row.textContent);
    return (
      names.findIndex((name) => name.includes("Second")) < names.findIndex((name) => name.includes("First"))
    );
  });
  await page.getByText("The order is saved.").waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Edit Second shelf" }).click();
  const dialog = page.getByRole("dialog", { name: "Second shelf" });
  await dialog.getByLabel("Find by title").fill("river");
  await dialog.getByRole("button", { name: /^The River/ }).click();
  await dialog.getByText("The order is saved.").waitFor();
  await check(page, "desktop-shelf");
  const { items } = await editor.get("/api/admin/categories");
  const slugs = items.map(({ slug }) => slug);
  assert.ok(slugs.indexOf("second") < slugs.indexOf("first"), slugs.join());
  const [second] = items.filter(({ slug }) => slug === "second");
  const films = await editor.get("/api/admin/categories/{id}/films", { path: { id: second.id } });
  assert.equal(films.items[0].titles.en, "The River");
});
