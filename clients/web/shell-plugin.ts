/** Makes `sw.js` from `service-worker.js`: names the build and the files that the viewers' pages need. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

/** The part of a build's output that this plugin reads. */
interface OutputFile {
  type: "chunk" | "asset";
  fileName: string;
  isEntry?: boolean;
  facadeModuleId?: string | null;
  imports?: readonly string[];
  dynamicImports?: readonly string[];
}
type Output = Readonly<Record<string, OutputFile>>;

/** Pages that only some people need are loaded when they are opened; hls.js when a film is. */
const ON_DEMAND = /\/src\/admin\/|\/hls\.js\//;

export function shellPlugin(): Plugin {
  return {
    name: "nang-shell",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const template = readFileSync(new URL("service-worker.js", import.meta.url), "utf8");
        const source = template
          .replace('"__BUILD__"', JSON.stringify(buildOf(bundle)))
          .replace('["__SHELL__"]', JSON.stringify(shellFiles(bundle)));
        this.emitFile({ type: "asset", fileName: "sw.js", source });
      },
    },
  };
}

/** The names of hashed files change with their contents. */
function buildOf(output: Output): string {
  const names = Object.keys(output).filter((name) => name.startsWith("assets/"));
  return createHash("sha256").update(names.sort().join()).digest("hex").slice(0, 16);
}

/** The code of the viewers' pages, the styles, and the Lao font. */
function shellFiles(output: Output): string[] {
  const found = new Set<string>();
  const visit = (name: string) => {
    const file = output[name];
    if (file?.type !== "chunk" || found.has(name) || ON_DEMAND.test(file.facadeModuleId ?? "")) {
      return;
    }
    found.add(name);
    for (const next of [...(file.imports ?? []), ...(file.dynamicImports ?? [])]) {
      visit(next);
    }
  };
  for (const file of Object.values(output)) {
    if (file.isEntry) {
      visit(file.fileName);
    }
  }
  const assets = Object.keys(output).filter((name) => /^assets\/.*\.(css|woff2)$/.test(name));
  return [...found, ...assets].sort().map((name) => `/${name}`);
}
