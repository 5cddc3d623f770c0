// What the tests of the editors' pages share: logging in, the axe rules, and a film made over the API.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { assertFitsItsWidth, screenshot } from "./browser.mjs";
import { ADMIN } from "./nang.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function logInOn(page, nang) {
  await page.goto(`${nang.url}/login`);
  await page.locator("input[name=email]").fill(ADMIN.email);
  await page.locator("input[name=password]").fill(ADMIN.password);
  await page.locator("button[type=submit]").click();
  await page.waitForURL(`${nang.url}/`);
}

/** No page may have a violation, more than one main heading, or content wider than the screen. */
export async function check(page, name) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const rules = { "label-content-name-mismatch": { enabled: true } };
    const result = await window.axe.run(document, { rules, resultTypes: ["violations"] });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
  assert.deepEqual(violations, [], name);
  assert.equal(await page.locator("h1").count(), 1, name);
  await assertFitsItsWidth(page);
  await screenshot(page, name);
}

/** Changes a film over the API, as another editor would. */
export async function changeFilm(client, id, body) {
  const path = { id };
  const { version } = await client.get("/api/admin/films/{id}", { path });
  return client.patch("/api/admin/films/{id}", { path, header: { "If-Match": `"${version}"` }, body });
}
