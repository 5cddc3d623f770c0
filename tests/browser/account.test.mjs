// One-time links and what else leads to an account, as people open them on a phone and at a desktop.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertFitsItsWidth, DESKTOP, launchBrowser, PHONE, screenshot, visit } from "./browser.mjs";
import { logIn } from "./client.mjs";
import { ADMIN, startNang } from "./nang.mjs";

const NOY = { email: "noy@example.org", password: "ດອກຈຳປາ ສີຂາວ", name: "ນາງ ນ້ອຍ" };
const NEW_PASSWORD = "a whole new password";

/** Links by mail and an identity provider, neither of which answers. */
const AWAY = {
  NANG_PUBLIC_URL: "http://127.0.0.1",
  NANG_SMTP_URL: "smtp://127.0.0.1:1",
  NANG_MAIL_FROM: "films@example.org",
  NANG_OIDC_ISSUER: "http://127.0.0.1:1",
  NANG_OIDC_CLIENT_ID: "nang",
  NANG_OIDC_NAME: "Films Office",
};

/** A server that anybody may register at, and one for invited people. */
let open;
let invited;
let browser;
let admin;
let phone;
let desktop;

before(async () => {
  [open, invited, browser] = await Promise.all([
    startNang({ NANG_REGISTRATION: "open", ...AWAY }),
    startNang({ NANG_REGISTRATION: "invitation" }),
    launchBrowser(),
  ]);
  admin = await logIn(invited, ADMIN);
  phone = await visit(browser, { ...PHONE, locale: "lo-LA" });
  desktop = await visit(browser, { ...DESKTOP, locale: "en-US" });
});

after(async () => {
  await browser?.close();
  await Promise.all([open?.stop(), invited?.stop()]);
});

function step(name, run) {
  test(name, async (context) => {
    try {
      await run();
    } catch (error) {
      await screenshot(phone.page, `failed-phone-${name}`).catch(() => undefined);
      await screenshot(desktop.page, `failed-desk-${name}`).catch(() => undefined);
      context.diagnostic(`${open.log()}\n${invited.log()}`);
      throw error;
    }
    assert.deepEqual([...phone.problems, ...desktop.problems], []);
  });
}

/** A link's page, loaded: another address after the # alone would not be. */
async function openLink(page, nang, path) {
  await page.goto("about:blank");
  await page.goto(nang.url + path);
}

function invite(role, email) {
  return admin.post("/api/admin/invitations", { body: { role, ...(email && { email }) } });
}

async function fillIn(page, { name, email, password }) {
  await page.locator("input[name=display_name]").fill(name);
  await page.locator("input[name=email]").fill(email);
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
}

async function look(page, name) {
  await assertFitsItsWidth(page);
  await screenshot(page, name);
}

step(
  "an invitation makes an account on a phone, in Lao, and says what is wrong with each field",
  async () => {
    const { page } = phone;
    const { url } = await invite("viewer");
    await openLink(page, invited, url);
    await page.getByRole("heading", { name: "ສ້າງບັນຊີ" }).waitFor();
    await look(page, "phone-register");
    await fillIn(page, { name: " ", email: "noy", password: "ສັ້ນ" });
    await page.getByText("ນີ້ບໍ່ແມ່ນທີ່ຢູ່ອີເມວ.").waitFor();
    await page.getByText("ຕ້ອງມີຢ່າງໜ້ອຍ 10 ຕົວອັກສອນ.").waitFor();
    await page.getByText("ກະລຸນາໃສ່ຊື່ທີ່ທ່ານຢາກໃຫ້ເອີ້ນ.").waitFor();
    await look(page, "phone-register-problems");
    await fillIn(page, { ...NOY, password: "ກກກກກກກກກກກກ" });
    await page.getByText("ຕົວອັກສອນດຽວຊ້ຳກັນ").waitFor();
    await fillIn(page, NOY);
    await page.getByRole("button", { name: "ອອກຈາກລະບົບ" }).waitFor();
    await page.waitForURL(`${invited.url}/`);
    await look(page, "phone-logged-in");

    const { items } = await admin.get("/api/admin/users", { query: { text: NOY.email } });
    assert.equal(items[0].display_name, NOY.name);
    assert.equal(items[0].role, "viewer");

    await openLink(page, invited, url);
    await fillIn(page, { ...NOY, email: "other@example.org" });
    await page.getByRole("alert").filter({ hasText: "ລິ້ງນີ້ໃຊ້ບໍ່ໄດ້ແລ້ວ" }).waitFor();
    await look(page, "phone-invitation-spent");
  },
);

step("an editor's invitation is for its address, and leads to the desktop", async () => {
  const { page } = desktop;
  const { url } = await invite("editor", "editor@example.org");
  await openLink(page, invited, url);
  await page.getByRole("heading", { name: "Make an account" }).waitFor();
  await look(page, "desktop-register");
  await fillIn(page, { name: "Somebody", email: "somebody@example.org", password: NEW_PASSWORD });
  await page.getByRole("alert").filter({ hasText: "for another email address" }).waitFor();
  await look(page, "desktop-invitation-refused");
  await openLink(page, invited, url);
  await fillIn(page, { name: "Editor", email: "editor@example.org", password: NEW_PASSWORD });
  await page.getByRole("heading", { name: "Add the first film" }).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
});

step("without an invitation the page says that one is needed, and so does the log-in page", async () => {
  const { page } = desktop;
  await page.goto(`${invited.url}/register`);
  await page.getByRole("alert").filter({ hasText: "You need an invitation" }).waitFor();
  await look(page, "desktop-invitation-needed");
  await page.getByRole("link", { name: "Log in" }).first().click();
  await page.getByText("Accounts are made by invitation").waitFor();
  await look(page, "desktop-login-viewer");
});

step("a reset link sets a new password once, and a weak one is refused", async () => {
  const { page } = phone;
  const { items } = await admin.get("/api/admin/users", { query: { text: NOY.email } });
  const { url } = await admin.post("/api/admin/users/{id}/reset-link", { path: { id: items[0].id } });
  await openLink(page, invited, url);
  await page.getByRole("heading", { name: "ຕັ້ງລະຫັດຜ່ານໃໝ່" }).waitFor();
  await look(page, "phone-reset");
  await page.locator("input[name=password]").fill("ສັ້ນ");
  await page.locator("button[type=submit]").tap();
  await page.getByText("ຕ້ອງມີຢ່າງໜ້ອຍ 10 ຕົວອັກສອນ.").waitFor();
  await look(page, "phone-reset-weak");
  await page.locator("input[name=password]").fill(NEW_PASSWORD);
  await page.locator("button[type=submit]").tap();
  await page.getByRole("heading", { name: "ຕັ້ງລະຫັດຜ່ານໃໝ່ສຳເລັດແລ້ວ" }).waitFor();
  await look(page, "phone-reset-done");
  await page.getByRole("main").getByRole("link", { name: "ເຂົ້າສູ່ລະບົບ" }).tap();
  await page.locator("input[name=email]").fill(NOY.email);
  await page.locator("input[name=password]").fill(NOY.password);
  await page.locator("button[type=submit]").tap();
  await page.getByRole("alert").filter({ hasText: "ອີເມວ ຫຼື ລະຫັດຜ່ານບໍ່ຖືກຕ້ອງ." }).waitFor();
  await look(page, "phone-login-wrong");
  await page.locator("input[name=password]").fill(NEW_PASSWORD);
  await page.locator("button[type=submit]").tap();
  await page.getByRole("button", { name: "ອອກຈາກລະບົບ" }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "ອອກຈາກລະບົບ" }).waitFor();

  await openLink(desktop.page, invited, url);
  await desktop.page.locator("input[name=password]").fill(NEW_PASSWORD);
  await desktop.page.locator("button[type=submit]").click();
  await desktop.page.getByRole("alert").filter({ hasText: "used already, or it is too old" }).waitFor();
  await look(desktop.page, "desktop-reset-spent");
  await openLink(desktop.page, invited, "/reset");
  await desktop.page.getByRole("alert").filter({ hasText: "A part of it is missing" }).waitFor();
});

step("where anybody may register, the log-in page leads there, and a used address is said", async () => {
  const { page } = desktop;
  await page.goto(`${open.url}/login`);
  await page.getByRole("link", { name: "Make an account" }).click();
  await page.getByRole("heading", { name: "Make an account" }).waitFor();
  await fillIn(page, { name: "Noy", email: NOY.email, password: NOY.password });
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("link", { name: "Log in" }).waitFor();
  await page.goto(`${open.url}/register`);
  await fillIn(page, { name: "Noy", email: NOY.email, password: NEW_PASSWORD });
  await page.getByRole("alert").filter({ hasText: "seems to have an account" }).waitFor();
  await look(page, "desktop-register-taken");
});

step("where mail is sent, who forgot a password asks for a link", async () => {
  const { page } = phone;
  await page.goto(`${open.url}/login`);
  await page.getByRole("link", { name: "ລືມລະຫັດຜ່ານບໍ?" }).tap();
  await page.getByRole("heading", { name: "ລືມລະຫັດຜ່ານບໍ?" }).waitFor();
  await look(page, "phone-forgot");
  await page.locator("input[name=email]").fill("noy");
  await page.locator("button[type=submit]").tap();
  await page.getByText("ນີ້ບໍ່ແມ່ນທີ່ຢູ່ອີເມວ.").waitFor();
  await page.locator("input[name=email]").fill(NOY.email);
  await page.locator("button[type=submit]").tap();
  await page.getByRole("heading", { name: "ກະລຸນາເບິ່ງອີເມວຂອງທ່ານ" }).waitFor();
  await look(page, "phone-forgot-done");
});

step("what went wrong at the identity provider is said on the log-in page", async () => {
  const { page } = desktop;
  await page.goto(`${open.url}/login`);
  await page.getByRole("link", { name: "Log in with Films Office" }).click();
  await page.getByRole("alert").filter({ hasText: "The identity provider does not answer" }).waitFor();
  await look(page, "desktop-provider-away");
  await page.goto(`${open.url}/api/auth/oidc/callback?code=x&state=y`);
  await page.getByRole("alert").filter({ hasText: "Begin again" }).waitFor();
});
