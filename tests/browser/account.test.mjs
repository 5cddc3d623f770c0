// The account pages on a phone and on a desktop: registration, invitations, password resets, logging in.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { assertFitsItsWidth, DESKTOP, launchBrowser, PHONE, screenshot, visit } from "./browser.mjs";
import { logIn } from "./client.mjs";
import { ADMIN, startNang } from "./nang.mjs";
import { stepsOf } from "./steps.mjs";

const NOY = { email: "noy@example.org", password: "ດອກຈຳປາ ສີຂາວ", name: "ນາງ ນ້ອຍ" };
const NEW_PASSWORD = "a whole new password";

/** A mail server and an identity provider that do not respond. */
const UNREACHABLE_SERVICES = {
  NANG_PUBLIC_URL: "http://127.0.0.1",
  NANG_SMTP_URL: "smtp://127.0.0.1:1",
  NANG_MAIL_FROM: "films@example.org",
  NANG_OIDC_ISSUER: "http://127.0.0.1:1",
  NANG_OIDC_CLIENT_ID: "nang",
  NANG_OIDC_NAME: "Films Office",
};

/** A server with open registration, and one that requires an invitation. */
let open;
let invited;
let browser;
let admin;
let phone;
let desktop;

before(async () => {
  [open, invited, browser] = await Promise.all([
    startNang({ NANG_REGISTRATION: "open", ...UNREACHABLE_SERVICES }),
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

const step = stepsOf("account", () => ({ servers: [open, invited], visitors: { phone, desktop } }));

/** Opens a link in a new document: a change of the part after # alone would not reload the page. */
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

async function checkLayout(page, name) {
  await assertFitsItsWidth(page);
  await screenshot(page, name);
}

step(
  "an invitation creates an account on a phone, in Lao, and each invalid field shows its error",
  async () => {
    const { page } = phone;
    const { url } = await invite("viewer");
    await openLink(page, invited, url);
    await page.getByRole("heading", { name: "ສ້າງບັນຊີ" }).waitFor();
    await checkLayout(page, "phone-register");
    await fillIn(page, { name: " ", email: "noy", password: "ສັ້ນ" });
    await page.getByText("ນີ້ບໍ່ແມ່ນທີ່ຢູ່ອີເມວ.").waitFor();
    await page.getByText("ຕ້ອງມີຢ່າງໜ້ອຍ 10 ຕົວອັກສອນ.").waitFor();
    await page.getByText("ກະລຸນາໃສ່ຊື່ທີ່ທ່ານຢາກໃຫ້ເອີ້ນ.").waitFor();
    await checkLayout(page, "phone-register-problems");
    // The message of a field goes as soon as the field is right, and the others stay.
    await page.locator("input[name=email]").fill("noy@example");
    await page.getByText("ນີ້ບໍ່ແມ່ນທີ່ຢູ່ອີເມວ.").waitFor({ state: "detached" });
    await page.getByText("ຕ້ອງມີຢ່າງໜ້ອຍ 10 ຕົວອັກສອນ.").waitFor();
    await fillIn(page, { ...NOY, password: "ກກກກກກກກກກກກ" });
    await page.getByText("ຕົວອັກສອນດຽວຊ້ຳກັນ").waitFor();
    await fillIn(page, NOY);
    await page.getByRole("button", { name: `ບັນຊີຂອງ ${NOY.name}` }).waitFor();
    await page.waitForURL(`${invited.url}/`);
    await checkLayout(page, "phone-logged-in");

    const { items } = await admin.get("/api/admin/users", { query: { text: NOY.email } });
    assert.equal(items[0].display_name, NOY.name);
    assert.equal(items[0].role, "viewer");

    await openLink(page, invited, url);
    await fillIn(page, { ...NOY, email: "other@example.org" });
    await page.getByRole("alert").filter({ hasText: "ລິ້ງນີ້ໃຊ້ບໍ່ໄດ້ແລ້ວ" }).waitFor();
    await checkLayout(page, "phone-invitation-spent");
  },
);

step(
  "an editor's invitation is valid for its e-mail address only, and leads to the admin pages",
  async () => {
    const { page } = desktop;
    const { url } = await invite("editor", "editor@example.org");
    await openLink(page, invited, url);
    await page.getByRole("heading", { name: "Create an account" }).waitFor();
    await checkLayout(page, "desktop-register");
    await fillIn(page, { name: "Other", email: "other-editor@example.org", password: NEW_PASSWORD });
    await page.getByRole("alert").filter({ hasText: "for another e-mail address" }).waitFor();
    await checkLayout(page, "desktop-invitation-refused");
    await openLink(page, invited, url);
    await fillIn(page, { name: "Editor", email: "editor@example.org", password: NEW_PASSWORD });
    await page.getByRole("heading", { name: "Add the first film" }).waitFor();
    await page.getByRole("button", { name: "Account of Editor" }).click();
    await page.getByRole("button", { name: "Log out" }).click();
  },
);

step("without an invitation the registration page and the log-in page say that one is needed", async () => {
  const { page } = desktop;
  await page.goto(`${invited.url}/register`);
  await page.getByRole("alert").filter({ hasText: "You need an invitation" }).waitFor();
  await checkLayout(page, "desktop-invitation-needed");
  await page.getByRole("link", { name: "Log in" }).first().click();
  await page.getByText("Accounts are created by invitation").waitFor();
  await checkLayout(page, "desktop-login-viewer");
});

step("a reset link sets a new password once, and a weak password is refused", async () => {
  const { page } = phone;
  const { items } = await admin.get("/api/admin/users", { query: { text: NOY.email } });
  const { url } = await admin.post("/api/admin/users/{id}/reset-link", { path: { id: items[0].id } });
  await openLink(page, invited, url);
  await page.getByRole("heading", { name: "ຕັ້ງລະຫັດຜ່ານໃໝ່" }).waitFor();
  await checkLayout(page, "phone-reset");
  await page.locator("input[name=password]").fill("ສັ້ນ");
  await page.locator("button[type=submit]").tap();
  await page.getByText("ຕ້ອງມີຢ່າງໜ້ອຍ 10 ຕົວອັກສອນ.").waitFor();
  await checkLayout(page, "phone-reset-weak");
  await page.locator("input[name=password]").fill(NEW_PASSWORD);
  await page.locator("button[type=submit]").tap();
  await page.getByRole("heading", { name: "ຕັ້ງລະຫັດຜ່ານໃໝ່ສຳເລັດແລ້ວ" }).waitFor();
  await checkLayout(page, "phone-reset-done");
  await page.getByRole("main").getByRole("link", { name: "ເຂົ້າສູ່ລະບົບ" }).tap();
  await page.locator("input[name=email]").fill(NOY.email);
  await page.locator("input[name=password]").fill(NOY.password);
  await page.locator("button[type=submit]").tap();
  await page.getByRole("alert").filter({ hasText: "ອີເມວ ຫຼື ລະຫັດຜ່ານບໍ່ຖືກຕ້ອງ." }).waitFor();
  await checkLayout(page, "phone-login-wrong");
  await page.locator("input[name=password]").fill(NEW_PASSWORD);
  await page.locator("button[type=submit]").tap();
  await page.getByRole("button", { name: `ບັນຊີຂອງ ${NOY.name}` }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: `ບັນຊີຂອງ ${NOY.name}` }).waitFor();

  await openLink(desktop.page, invited, url);
  await desktop.page.locator("input[name=password]").fill(NEW_PASSWORD);
  await desktop.page.locator("button[type=submit]").click();
  await desktop.page
    .getByRole("alert")
    .filter({ hasText: "It has already been used or has expired" })
    .waitFor();
  await checkLayout(desktop.page, "desktop-reset-spent");
  await openLink(desktop.page, invited, "/reset");
  await desktop.page.getByRole("alert").filter({ hasText: "Part of the link is missing" }).waitFor();
});

step(
  "with open registration the log-in page links to it, and a used e-mail address is reported",
  async () => {
    const { page } = desktop;
    await page.goto(`${open.url}/login`);
    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByRole("heading", { name: "Create an account" }).waitFor();
    await fillIn(page, { name: "Noy", email: NOY.email, password: NOY.password });
    await page.getByRole("button", { name: "Account of Noy" }).click();
    await page.getByRole("button", { name: "Log out" }).click();
    // The page below can have such a link, too.
    await page.getByRole("banner").getByRole("link", { name: "Log in" }).waitFor();
    await page.goto(`${open.url}/register`);
    await fillIn(page, { name: "Noy", email: NOY.email, password: NEW_PASSWORD });
    await page.getByRole("alert").filter({ hasText: "seems to have an account" }).waitFor();
    await checkLayout(page, "desktop-register-taken");
  },
);

step("if the server sends e-mail, the forgot-password page requests a link", async () => {
  const { page } = phone;
  await page.goto(`${open.url}/login`);
  await page.getByRole("link", { name: "ລືມລະຫັດຜ່ານບໍ?" }).tap();
  await page.getByRole("heading", { name: "ລືມລະຫັດຜ່ານບໍ?" }).waitFor();
  await checkLayout(page, "phone-forgot");
  await page.locator("input[name=email]").fill("noy");
  await page.locator("button[type=submit]").tap();
  await page.getByText("ນີ້ບໍ່ແມ່ນທີ່ຢູ່ອີເມວ.").waitFor();
  await page.locator("input[name=email]").fill(NOY.email);
  await page.locator("button[type=submit]").tap();
  await page.getByRole("heading", { name: "ກະລຸນາເບິ່ງອີເມວຂອງທ່ານ" }).waitFor();
  await checkLayout(page, "phone-forgot-done");
});

step("a server that sends no e-mail promises none", async () => {
  const { page } = phone;
  await page.goto(`${invited.url}/forgot`);
  await page.getByText("ເວັບໄຊນີ້ບໍ່ສົ່ງອີເມວ.").waitFor();
  assert.equal(await page.locator("main input").count(), 0);
  await checkLayout(page, "phone-forgot-no-mail");
});

step("the log-in page shows what went wrong at the identity provider", async () => {
  const { page } = desktop;
  await page.goto(`${open.url}/login`);
  await page.getByRole("link", { name: "Log in with Films Office" }).click();
  await page.getByRole("alert").filter({ hasText: "The identity provider does not respond" }).waitFor();
  await checkLayout(page, "desktop-provider-away");
  await page.goto(`${open.url}/api/auth/oidc/callback?code=x&state=y`);
  await page.getByRole("alert").filter({ hasText: "Start again" }).waitFor();
});
