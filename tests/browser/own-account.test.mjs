// What viewers may do with their account: keep preferences for all devices, download their data, delete it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before } from "node:test";
import { assertFitsItsWidth, DESKTOP, launchBrowser, PHONE, screenshot, visit } from "./browser.mjs";
import { logIn } from "./client.mjs";
import { ADMIN, startNang } from "./nang.mjs";
import { stepsOf } from "./steps.mjs";

const VIEWER = { email: "noy@example.org", password: "ດອກຈຳປາ ສີຂາວ", display_name: "ນາງ ນ້ອຍ" };

let nang;
let browser;
let phone;
let desktop;

before(async () => {
  [nang, browser] = await Promise.all([startNang({ NANG_REGISTRATION: "open" }), launchBrowser()]);
  const admin = await logIn(nang, ADMIN);
  await admin.post("/api/auth/register", { body: VIEWER });
  phone = await visit(browser, { ...PHONE, locale: "lo-LA" });
  desktop = await visit(browser, { ...DESKTOP, locale: "en-US", acceptDownloads: true });
});

after(async () => {
  await browser?.close();
  await nang?.stop();
});

const step = stepsOf("own-account", () => ({ servers: [nang], visitors: { phone, desktop } }));

async function logInAt(page, path) {
  await page.goto(`${nang.url}/login?to=${encodeURIComponent(path)}`);
  await page.locator("input[name=email]").fill(VIEWER.email);
  await page.locator("input[name=password]").fill(VIEWER.password);
  await page.locator("button[type=submit]").click();
  await page.waitForURL(nang.url + path);
}

step("what is chosen on one device is chosen on the other", async () => {
  await logInAt(phone.page, "/account");
  const kept = phone.page.waitForResponse(
    (response) => response.url().endsWith("/me/preferences") && response.request().method() === "PUT",
  );
  await phone.page.getByLabel("ສີຄຳບັນຍາຍ").selectOption("yellow");
  await phone.page.getByLabel("ຄວາມໄວ").selectOption("1.25");
  assert.equal((await kept).status(), 200);
  await assertFitsItsWidth(phone.page);
  await screenshot(phone.page, "phone-account-preferences");

  // The other device shows the account's language too.
  await logInAt(desktop.page, "/account");
  await desktop.page.getByRole("heading", { name: "ບັນຊີ ແລະ ການຕັ້ງຄ່າ" }).waitFor();
  await desktop.page.reload();
  assert.equal(await desktop.page.getByLabel("ສີຄຳບັນຍາຍ").inputValue(), "yellow");
  assert.equal(await desktop.page.getByLabel("ຄວາມໄວ").inputValue(), "1.25");
  await desktop.page.getByRole("main").getByRole("button", { name: "EN English" }).click();
});

step("the data of the account is a file", async () => {
  const { page } = desktop;
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download my data" }).click();
  const download = await downloading;
  assert.equal(download.suggestedFilename(), "nang-my-data.json");
  const data = await readFile(await download.path(), "utf8");
  assert.ok(JSON.parse(data));
  assert.match(data, /noy@example\.org/);
});

step("an account is deleted only with its password, and is gone then", async () => {
  const { page } = desktop;
  await page.getByRole("button", { name: "Delete my account" }).click();
  const form = page.locator("form", { hasText: "Enter your password" });
  await form.getByLabel("Password", { exact: true }).fill("wrong password");
  await form.getByRole("button", { name: "Delete for good" }).click();
  await form.getByText("This is not your current password.").waitFor();
  await screenshot(page, "desktop-delete-account");
  await form.getByLabel("Password", { exact: true }).fill(VIEWER.password);
  // The message of a field goes when the field is changed.
  await form.getByText("This is not your current password.").waitFor({ state: "detached" });
  await form.getByRole("button", { name: "Delete for good" }).click();
  await page.waitForURL(`${nang.url}/`);
  await page.getByRole("link", { name: "Log in" }).first().waitFor();
  await assert.rejects(logIn(nang, VIEWER), { status: 401 });
});
