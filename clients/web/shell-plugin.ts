/**
 * The two scripts beside the application. `sw.js` is `service-worker.js` with the name of the build and the files that the viewers' pages
 * need. `early.js` is written into the page, and gets what it must know of the application.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { FIRST_SCREEN } from "./src/catalogue/first-screen.ts";

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

/** The application's code. The first paint needs only the styles, and the first images need only `early.js`: both come before it. */
const APPLICATION = /(<script type="module")([^>]*><\/script>)((?:\s*<link rel="modulepreload"[^>]*>)*)/;
const LATER = ' fetchpriority="low"';
/** What the application imports. As scripts of their own they run before it, and the browser paints and answers between them. */
const IMPORTED = /<link rel="modulepreload"([^>]*) href="([^"]+)">/g;

export function shellPlugin(): Plugin {
  return {
    name: "nang-shell",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (html, { bundle = {} }) => {
        // The server names the script's hash in its Content-Security-Policy, and finds it by this attribute.
        const attrs = {
          "data-early": true,
          "data-film-modules": pageModules(bundle, "film").join(" "),
          "data-search-modules": pageModules(bundle, "search").join(" "),
        };
        return {
          html: html.replace(
            APPLICATION,
            (_all, start: string, rest: string, imported: string) =>
              `${imported.replace(IMPORTED, `${start}${LATER}$1 src="$2"></script>`)}\n    ${start}${LATER}${rest}`,
          ),
          tags: [{ tag: "script", attrs, children: earlyScript(), injectTo: "body" }],
        };
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

/** The script without its comments: every page carries it. */
function earlyScript(): string {
  const source = read("early.js").replace('"__FIRST__"', JSON.stringify(FIRST_SCREEN));
  return source.replace(/^\s*(?:\/\*[\s\S]*?\*\/|\/\/.*)\n/gm, "").replace(/^ +/gm, "");
}

/** The names of hashed files change with their contents. */
function buildOf(output: Output): string {
  const names = Object.keys(output).filter((name) => name.startsWith("assets/"));
  return createHash("sha256").update(names.sort().join()).digest("hex").slice(0, 16);
}

/** The modules that a page needs and the first page does not. */
function pageModules(output: Output, page: string): string[] {
  const chunks = Object.values(output);
  const isPage = ({ facadeModuleId }: OutputFile) =>
    facadeModuleId?.endsWith(`/src/pages/${page}/${page}.tsx`);
  const first = chunks.filter(({ isEntry }) => isEntry);
  const known = reachable(output, first, ({ imports = [] }) => imports);
  const wanted = reachable(output, chunks.filter(isPage), ({ imports = [] }) => imports);
  return [...wanted].filter((name) => !known.has(name)).map((name) => `/${name}`);
}

/** The names of chunks and of all chunks that they lead to. */
function reachable(
  output: Output,
  from: readonly OutputFile[],
  next: (file: OutputFile) => readonly string[],
): Set<string> {
  const found = new Set<string>();
  const visit = (file: OutputFile | undefined) => {
    if (file?.type === "chunk" && !found.has(file.fileName)) {
      found.add(file.fileName);
      for (const name of next(file)) {
        visit(output[name]);
      }
    }
  };
  for (const file of from) {
    visit(file);
  }
  return found;
}

/** The code of the viewers' pages, the styles, and the Lao font. */
function shellFiles(output: Output): string[] {
  const first = Object.values(output).filter(({ isEntry }) => isEntry);
  const isOnDemand = (name: string) => {
    const file = output[name];
    return file?.type === "chunk" && ON_DEMAND.test(file.facadeModuleId ?? "");
  };
  const found = reachable(output, first, ({ imports = [], dynamicImports = [] }) =>
    [...imports, ...dynamicImports].filter((name) => !isOnDemand(name)),
  );
  const assets = Object.keys(output).filter((name) => /^assets\/.*\.(css|woff2)$/.test(name));
  return [...found, ...assets].sort().map((name) => `/${name}`);
}
