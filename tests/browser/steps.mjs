// The steps of a story: each begins on the pages that the step before it left.
import assert from "node:assert/strict";
import { test } from "node:test";
import { screenshot } from "./browser.mjs";

const SHOWN_CHARACTERS = 1500;

/**
 * A function that declares one step as a test. A step fails on an error that a page reported, too. A failed one shows what every
 * visitor saw and what the servers logged.
 * @param {string} story names the screenshots
 * @param {() => {servers: {log: () => string}[], visitors: Record<string, {page, problems: string[]}>}} current called after each step
 */
export function stepsOf(story, current) {
  return (name, run) =>
    test(name, async (context) => {
      try {
        await run(context);
      } catch (error) {
        const { servers, visitors } = current();
        for (const [who, { page }] of Object.entries(visitors)) {
          await screenshot(page, `failed-${story}-${who}-${name}`).catch(() => undefined);
          const text = await page
            .evaluate(() => document.getElementById("root").textContent)
            .catch(() => "no page");
          context.diagnostic(`${who} saw ${page.url()}:\n${text.slice(0, SHOWN_CHARACTERS)}`);
        }
        for (const server of servers) {
          context.diagnostic(server.log());
        }
        throw error;
      }
      assert.deepEqual(
        Object.values(current().visitors).flatMap(({ problems }) => problems),
        [],
      );
    });
}
