import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HLS_SWITCHES } from "./hls-switches";

test("every build switch of hls.js is set; an undefined one would be a ReferenceError in the player", () => {
  const sources = join(import.meta.dirname, "node_modules/hls.js/src");
  const used = new Set<string>();
  for (const entry of readdirSync(sources, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith(".ts")) {
      const text = readFileSync(join(entry.parentPath, entry.name), "utf8");
      for (const [name] of text.matchAll(/\b__[A-Z0-9_]+__\b/g)) {
        used.add(name);
      }
    }
  }
  expect(used.size).toBeGreaterThan(5);
  expect([...used].filter((name) => !(name in HLS_SWITCHES))).toEqual([]);
});
