// Takes screenshots of every page: both languages, dark and light, four widths. Writes PNG files and an index.html into a folder.
//
//   NANG_BIN=… NANG_TOOLS=… node gallery.mjs FOLDER [--pages=home,film] [--widths=360,1440] [--languages=lo] [--themes=dark]
//   NANG_URL=http://127.0.0.1:8080 node gallery.mjs FOLDER          (a server that runs, with the demo films)
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { launchBrowser } from "./browser.mjs";
import { startDemo, VIEWER } from "./demo.mjs";
import { ADMIN } from "./nang.mjs";

/** `who`: the account that is logged in; null for a visitor. `prepare`: what is done before the screenshot. */
const PAGES = {
  home: { path: "/", who: null },
  "home-viewer": { path: "/", who: VIEWER },
  films: { path: "/films", who: null },
  "films-filtered": { path: "/films?genre=drama&sort=year", who: null },
  "films-none": { path: "/films?decade=1960&length=long&subtitle=zh", who: null },
  film: { path: ({ film }) => `/films/${film}`, who: null },
  playing: { path: ({ film }) => `/films/${film}`, who: null, prepare: startPlaying },
  "player-settings": { path: ({ film }) => `/films/${film}`, who: null, prepare: openSettings },
  search: { path: "/search", who: null },
  results: { path: "/search?q=nam", who: null },
  "no-results": { path: "/search?q=qqzzxx", who: null },
  genre: { path: ({ genre }) => `/genres/${genre}`, who: null },
  shelf: { path: ({ shelf }) => `/shelves/${shelf}`, who: null },
  person: { path: ({ person }) => `/people/${person}`, who: null },
  login: { path: "/login", who: null },
  register: { path: "/register", who: null },
  forgot: { path: "/forgot", who: null },
  reset: { path: "/reset#token", who: null },
  "not-found": { path: "/nothing", who: null },
  "my-list-visitor": { path: "/my-list", who: null },
  "my-list": { path: "/my-list", who: VIEWER },
  history: { path: "/history", who: VIEWER },
  account: { path: "/account", who: VIEWER },
  "admin-desk": { path: "/admin", who: ADMIN },
  "admin-films": { path: "/admin/films", who: ADMIN },
  "admin-new-film": { path: "/admin/films/new", who: ADMIN },
  "admin-film": { path: ({ filmId }) => `/admin/films/${filmId}`, who: ADMIN },
  ...Object.fromEntries(
    ["details", "people", "images", "tracks", "builds", "rights", "history", "delete"].map((tab) => [
      `admin-film-${tab}`,
      { path: ({ filmId }) => `/admin/films/${filmId}/${tab}`, who: ADMIN },
    ]),
  ),
  "admin-uploads": { path: "/admin/uploads", who: ADMIN },
  "admin-pipeline": { path: "/admin/pipeline", who: ADMIN },
  "admin-genres": { path: "/admin/genres", who: ADMIN },
  "admin-shelves": { path: "/admin/shelves", who: ADMIN },
  "admin-people": { path: "/admin/people", who: ADMIN },
  "admin-catalogue": { path: "/admin/catalogue", who: ADMIN },
  "admin-figures": { path: "/admin/figures", who: ADMIN },
  "admin-storage": { path: "/admin/storage", who: ADMIN },
  "admin-audit": { path: "/admin/audit", who: ADMIN },
  "admin-users": { path: "/admin/users", who: ADMIN },
  "admin-settings": { path: "/admin/settings", who: ADMIN },
};
const SCREENS = {
  360: { width: 360, height: 740 },
  768: { width: 768, height: 1024 },
  1440: { width: 1440, height: 900 },
  3840: { width: 3840, height: 2160 },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pages: { type: "string", default: Object.keys(PAGES).join() },
    widths: { type: "string", default: Object.keys(SCREENS).join() },
    languages: { type: "string", default: "lo,en" },
    themes: { type: "string", default: "dark,light" },
  },
});
const [folder] = positionals;
if (!folder) {
  throw new Error("usage: node gallery.mjs FOLDER [--pages=…] [--widths=…] [--languages=…] [--themes=…]");
}
const chosen = { ...values };
for (const name of Object.keys(chosen)) {
  chosen[name] = chosen[name].split(",");
}

await mkdir(folder, { recursive: true });
const [nang, browser] = await Promise.all([startDemo(), launchBrowser()]);
const problems = [];
try {
  const places = await findPlaces(nang.url);
  const names = [];
  for (const width of chosen.widths) {
    for (const language of chosen.languages) {
      for (const theme of chosen.themes) {
        names.push(...(await takeScreenshots(places, { width, language, theme })));
      }
    }
  }
  await writeFile(join(folder, "index.html"), indexOf(names));
} finally {
  await browser.close();
  await nang.stop();
}
process.stdout.write(`${problems.map((problem) => `${problem}\n`).join("")}${join(folder, "index.html")}\n`);

/** A film with images and people, and a genre, a shelf and a person of it. */
async function findPlaces(url) {
  const get = async (path) => (await fetch(url + path)).json();
  const { items: shelves } = await get("/api/categories?films=12&limit=20");
  const shelf = shelves.find(({ films }) => films.some(({ duration_ms }) => duration_ms !== null));
  const film = shelf.films.find(({ duration_ms }) => duration_ms !== null);
  const details = await get(`/api/films/${film.slug}`);
  return {
    film: film.slug,
    filmId: film.id,
    shelf: shelf.slug,
    genre: details.genres[0]?.slug,
    person: details.credits[0]?.person.slug,
  };
}

/** One browser context for each account, so that each logs in once. */
async function takeScreenshots(places, { width, language, theme }) {
  const names = [];
  const contexts = new Map();
  for (const name of chosen.pages) {
    const { path, who, prepare } = PAGES[name];
    const page = await (contexts.get(who) ?? (await openContext(who))).newPage();
    page.setDefaultTimeout(20_000);
    const file = `${name}-${language}-${theme}-${width}.png`;
    try {
      await page.goto(nang.url + (typeof path === "function" ? path(places) : path));
      await untilQuiet(page);
      await prepare?.(page);
      const isTall = prepare === undefined && width !== "3840";
      await loadImages(page, isTall);
      await page.screenshot({ path: join(folder, file), fullPage: isTall });
      names.push(file);
    } catch (error) {
      problems.push(`${file}: ${error.message.split("\n")[0]}`);
    }
    await page.close();
  }
  for (const context of contexts.values()) {
    await context.close();
  }
  return names;

  async function openContext(who) {
    const context = await browser.newContext({
      viewport: SCREENS[width],
      locale: language === "lo" ? "lo-LA" : "en-US",
      colorScheme: theme,
      reducedMotion: "reduce",
      ...(width === "360" && { deviceScaleFactor: 2, hasTouch: true, isMobile: true }),
    });
    contexts.set(who, context);
    if (who) {
      const page = await context.newPage();
      await page.goto(`${nang.url}/login`);
      await page.locator("input[name=email]").fill(who.email);
      await page.locator("input[name=password]").fill(who.password);
      await page.locator("button[type=submit]").click();
      await page.waitForURL(`${nang.url}/`);
      await page.close();
    }
    return context;
  }
}

/** A page that follows events of the server is never quiet. */
async function untilQuiet(page) {
  await page.waitForLoadState("networkidle", { timeout: 3_000 }).catch(() => undefined);
  await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));
}

/** Images load when they come near the screen, and an image decoded beside the page can be missing in a screenshot. */
async function loadImages(page, isTall) {
  await page.evaluate(async (isAll) => {
    const nextFrame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)));
    for (let top = 0; isAll && top < document.documentElement.scrollHeight; top += innerHeight) {
      scrollTo(0, top);
      await nextFrame();
    }
    scrollTo(0, 0);
    await nextFrame();
    const awaited = [...document.images].filter(({ src }) => src !== "");
    for (const image of awaited) {
      image.decoding = "sync";
    }
    await Promise.all(awaited.map((image) => image.decode().catch(() => undefined)));
  }, isTall);
}

async function startPlaying(page) {
  await page
    .locator("button[aria-label]", { has: page.locator("svg") })
    .and(page.locator(".player button"))
    .first()
    .click();
  await page.waitForFunction(() => document.querySelector("video").currentTime > 0.5);
  await page.keyboard.press("k");
  await page.waitForFunction(() => document.querySelector("video").paused);
}

async function openSettings(page) {
  await startPlaying(page);
  await page.locator(".player button[aria-haspopup=menu]").last().click();
  await page.getByRole("menu").waitFor();
}

function indexOf(names) {
  const groups = new Map();
  for (const name of names) {
    const page = name.replace(/-(lo|en)-(dark|light)-\d+\.png$/, "");
    groups.set(page, [...(groups.get(page) ?? []), name]);
  }
  const sections = [...groups].map(
    ([page, files]) =>
      `<h2>${page}</h2><div>${files.map((file) => `<figure><a href="${file}"><img loading="lazy" src="${file}" alt=""></a><figcaption>${file}</figcaption></figure>`).join("")}</div>`,
  );
  return `<!doctype html><meta charset="utf-8"><title>Nang: every page</title><style>
body{font:14px sans-serif;margin:1rem}div{display:flex;flex-wrap:wrap;gap:1rem;align-items:start}
figure{margin:0;width:18rem}img{width:100%;max-height:30rem;object-fit:cover;object-position:top;border:1px solid #999}
</style>${sections.join("")}`;
}
