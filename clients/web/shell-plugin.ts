/**
 * The two scripts beside the application. `sw.js` is `service-worker.js` with the name of the build and the files that the viewers' pages
 * need. `early.js` is loaded first.
 */
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
    buildStart() {
      this.emitFile({ type: "asset", name: "early.js", source: read("early.js") });
    },
    transformIndexHtml: {
      order: "post",
      handler: (_html, { bundle }) => {
        const early = Object.keys(bundle ?? {}).find((name) => /^assets\/early-[^/]+\.js$/.test(name));
        const attrs = { src: `/${early}`, async: true, fetchpriority: "high" };
        return early ? [{ tag: "script", attrs, injectTo: "head-prepend" }] : [];
      },
    },
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const source = read("service-worker.js")
          .replace('"__BUILD__"', JSON.stringify(buildOf(bundle)))
          .replace('["__SHELL__"]', JSON.stringify(shellFiles(bundle)));
        this.emitFile({ type: "asset", fileName: "sw.js", source });
      },
    },
  };
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
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
  const assets = Object.keys(output).filter((name) => /^assets\/(.*\.(css|woff2)|early-.*\.js)$/.test(name));
  return [...found, ...assets].sort().map((name) => `/${name}`);
}
