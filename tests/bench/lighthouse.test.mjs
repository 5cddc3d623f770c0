// What Lighthouse finds in the main pages of viewers, over the demo catalogue, with its own slow phone (1.6 Mbit/s, 150 ms, a processor
// four times slower, as it simulates them). Prints the scores of the median of several runs, as Lighthouse chooses it, and every audit that
// failed there. Times need a machine that does nothing else. The phone is four times slower than this machine, so scores compare only between
// machines of the same index, Lighthouse's measure of a machine's speed. Chrome's developer tools take 264 for a cheap phone and 1,000 for
// one of the middle (CalibrationController.ts).
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { launchBrowser } from "../browser/browser.mjs";
import { startDemo } from "../browser/demo.mjs";
import { quantile } from "../browser/numbers.mjs";

const RUNS = Number(process.env.NANG_RUNS ?? 5);
const TARGETS = { performance: 95, accessibility: 100, "best-practices": 100 };

let nang;
let browser;
let port;
let lighthouse;
let computeMedianRun;
let film;

before(async () => {
  const { NANG_LIGHTHOUSE } = process.env;
  ({ default: lighthouse } = await import(NANG_LIGHTHOUSE));
  ({ computeMedianRun } = await import(new URL("lib/median-run.js", pathToFileURL(NANG_LIGHTHOUSE)).href));
  nang = await startDemo();
  port = await freePort();
  browser = await launchBrowser({ port });
  const { items } = await (await fetch(`${nang.url}/api/films?sort=runtime&limit=100`)).json();
  film = items.filter(({ duration_ms, poster }) => duration_ms !== null && poster).at(-1);
});

after(async () => {
  await browser?.close();
  await nang?.stop();
});

const PAGES = {
  home: () => "/",
  browse: () => "/films",
  search: () => "/search?q=%E0%BA%99%E0%BB%89%E0%BA%B3",
  film: () => `/films/${film.slug}`,
};

for (const [name, path] of Object.entries(PAGES)) {
  test(name, async (context) => {
    const runs = [];
    for (let run = 0; run < RUNS; run += 1) {
      const { lhr } = await lighthouse(nang.url + path(), {
        port,
        output: "json",
        logLevel: "error",
        onlyCategories: Object.keys(TARGETS),
        locale: "en",
      });
      runs.push(lhr);
    }
    const lhr = computeMedianRun(runs);
    const performances = runs.map(({ categories }) => Math.round(categories.performance.score * 100));
    const scores = Object.values(lhr.categories).map(({ id, score }) => [id, Math.round(score * 100)]);
    const indexes = runs.map(({ environment }) => environment.benchmarkIndex);
    const time = (audit) => `${audit} ${lhr.audits[audit].displayValue}`;
    context.diagnostic(
      `${name}: ${scores.map(([id, score]) => `${id} ${score}`).join(", ")} (all: ${performances.join(", ")}; machine's index ${Math.round(quantile(indexes, 0.5))}); ` +
        [
          "first-contentful-paint",
          "largest-contentful-paint",
          "total-blocking-time",
          "cumulative-layout-shift",
        ]
          .map(time)
          .join(", "),
    );
    for (const { auditRefs } of Object.values(lhr.categories)) {
      for (const { id, weight } of auditRefs) {
        const { score, title, displayValue = "", details } = lhr.audits[id];
        if (weight > 0 && score !== null && score < 0.9) {
          context.diagnostic(`  ${id} ${score}: ${title} ${displayValue} ${places(details)}`);
        }
      }
    }
    for (const [id, score] of scores) {
      assert.ok(score >= TARGETS[id], `${id} is ${score}, the target is ${TARGETS[id]}`);
    }
  });
}

function places(details) {
  return (details?.items ?? [])
    .slice(0, 3)
    .map(({ node, url, description, source }) => node?.snippet ?? url ?? description ?? source ?? "")
    .join(" ");
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const found = server.address().port;
  await new Promise((resolve) => server.close(resolve));
  return found;
}
