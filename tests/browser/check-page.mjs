// What holds for every page and state.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { assertFitsItsWidth, screenshot } from "./browser.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** No page may have a violation of accessibility, more than one main heading, or content wider than the screen. */
export async function checkPage(page, name) {
  await page.waitForLoadState("networkidle");
  assert.deepEqual(await violations(page), []);
  assert.equal(await page.locator("h1").count(), 1);
  await assertFitsItsWidth(page);
  await screenshot(page, name);
}

/** What axe-core finds in the page as it is now. */
export async function violations(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const rules = { "label-content-name-mismatch": { enabled: true } };
    const result = await window.axe.run(document, { rules, resultTypes: ["violations"] });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
}
