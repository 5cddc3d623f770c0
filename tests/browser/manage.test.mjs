// The editors' pages about many films: the table, uploads of many files, the pipeline, import and export, storage, the change log.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { promisify } from "node:util";
import { DESKTOP, launchBrowser, PHONE, visit } from "./browser.mjs";
import { logIn } from "./client.mjs";
import { ADMIN, startNang } from "./nang.mjs";
import { changeFilm, check, logInOn } from "./site-admin.mjs";
import { stepsOf } from "./steps.mjs";

const TITLES = [
  { en: "The River", lo: "ແມ່ນ້ຳ" },
  { en: "A Night Market", lo: "ຕະຫຼາດກາງຄືນ" },
  { en: "The Weaver", lo: "ຊ່າງຕ່ຳຫູກ" },
];

let nang;
let browser;
let client;
let desktop;
let phone;
let folder;
let films;

before(async () => {
  [nang, browser, folder] = await Promise.all([
    startNang(),
    launchBrowser(),
    mkdtemp(join(tmpdir(), "nang-manage-")),
  ]);
  client = await logIn(nang, ADMIN);
  films = [];
  for (const titles of TITLES) {
    films.push(await client.post("/api/admin/films", { body: { titles } }));
  }
  await client.post("/api/admin/genres", { body: { slug: "drama", names: { lo: "ລະຄອນ", en: "Drama" } } });
  await client.post("/api/admin/categories", { body: { slug: "new", names: { lo: "ໃໝ່", en: "New here" } } });
  desktop = await visit(browser, { ...DESKTOP, locale: "en-US", colorScheme: "light" });
  phone = await visit(browser, { ...PHONE, locale: "lo-LA", colorScheme: "dark" });
  await logInOn(desktop.page, nang);
  await logInOn(phone.page, nang);
});

after(async () => {
  await browser?.close();
  await nang?.stop();
  await rm(folder, { recursive: true, force: true });
});

const step = stepsOf("manage", () => ({ servers: [nang], visitors: { desktop, phone } }));

const rows = (page) => page.locator("tbody tr");

step("the table is searched and filtered in its address", async () => {
  const { page } = desktop;
  await page.goto(`${nang.url}/admin/films`);
  await page.getByRole("link", { name: "The Weaver" }).waitFor();
  assert.equal(await rows(page).count(), 3);
  await check(page, "desktop-films-table");
  await page.getByLabel("Find by title").fill("market");
  await page.waitForURL("**/admin/films?q=market");
  await page.getByRole("link", { name: "The Weaver" }).waitFor({ state: "detached" });
  await page.reload();
  await page.getByRole("link", { name: "A Night Market" }).waitFor();
  assert.equal(await rows(page).count(), 1);
  await page.getByRole("combobox", { name: "Seen by" }).selectOption("public");
  await page.getByText("No film matches.").waitFor();
  await page.getByLabel("Find by title").fill("");
  await page.getByRole("combobox", { name: "Seen by" }).selectOption("");
  await page.getByRole("link", { name: "The Weaver" }).waitFor();
});

step("columns are chosen and kept", async () => {
  const { page } = desktop;
  await page.getByText("Columns", { exact: true }).click();
  await page.getByRole("checkbox", { name: "Genres" }).check();
  await page.getByRole("checkbox", { name: "Year" }).uncheck();
  await page.reload();
  await page.getByRole("columnheader", { name: "Genres" }).waitFor();
  assert.equal(await page.getByRole("columnheader", { name: "Year" }).count(), 0);
});

step("an action on many films has a result for each", async () => {
  const { page } = desktop;
  await changeFilm(client, films[0].id, {
    genres: [(await client.get("/api/admin/genres")).items[0].id],
  });
  await page.getByRole("checkbox", { name: "Select The River" }).check();
  await page.getByRole("checkbox", { name: "Select The Weaver" }).check();
  await page.getByText("2 films selected").waitFor();
  await page.getByLabel("Action").selectOption("genre");
  await page.getByLabel("Genre", { exact: true }).selectOption({ label: "Drama" });
  await page.getByRole("button", { name: "Apply" }).click();
  const result = page.getByRole("dialog", { name: "Result" });
  await result.getByText("2 of 2 done").waitFor();
  await result.getByRole("listitem").filter({ hasText: "The Weaver" }).getByText("Changed").waitFor();
  await result.getByRole("listitem").filter({ hasText: "The River" }).getByText("Was so already").waitFor();
  await check(page, "desktop-bulk-result");
  await result.getByRole("button", { name: "Close" }).last().click();
  const weaver = await client.get("/api/admin/films/{id}", { path: { id: films[2].id } });
  assert.deepEqual(
    weaver.genres.map(({ slug }) => slug),
    ["drama"],
  );
});

step("many films are put on a shelf, and one that was deleted does not stop the others", async () => {
  const { page } = desktop;
  const deleted = await client.post("/api/admin/films", { body: { titles: { en: "Gone already" } } });
  await page.reload();
  await page.getByRole("link", { name: "Gone already" }).waitFor();
  await page.getByLabel("Select all 4 films shown").check();
  await page.getByLabel("Action").selectOption("category");
  await page.getByLabel("Shelf", { exact: true }).selectOption({ label: "New here" });
  await page.getByRole("button", { name: "Apply" }).click();
  const result = page.getByRole("dialog", { name: "Result" });
  await result.getByText("4 of 4 done").waitFor();
  await result.getByRole("button", { name: "Close" }).last().click();
  const [shelf] = (await client.get("/api/admin/categories")).items;
  const { items } = await client.get("/api/admin/categories/{id}/films", { path: { id: shelf.id } });
  assert.equal(items.length, 4);

  await page.getByLabel("Select all 4 films shown").check();
  const { version } = await client.get("/api/admin/films/{id}", { path: { id: deleted.id } });
  await client.delete("/api/admin/films/{id}", {
    path: { id: deleted.id },
    query: { title: "Gone already" },
    header: { "If-Match": `"${version}"` },
  });
  await page.getByLabel("Action").selectOption("schedule");
  await page.getByLabel("Becomes public on").fill("2031-01-31T18:30");
  await page.getByRole("button", { name: "Apply" }).click();
  await result.getByText("3 of 4 done, 1 failed").waitFor();
  await result
    .getByRole("listitem")
    .filter({ hasText: "Gone already" })
    .getByText("Deleted by another editor")
    .waitFor();
  await result.getByRole("button", { name: "Close" }).last().click();
  const { items: scheduled } = await client.get("/api/admin/films", { query: { visibility: "scheduled" } });
  assert.equal(scheduled.length, 3);
});

step("on a phone the table is a list of cards, and actions work", async () => {
  const { page } = phone;
  await page.goto(`${nang.url}/admin/films`);
  await page.getByRole("link", { name: "ຊ່າງຕ່ຳຫູກ" }).waitFor();
  await page.getByRole("checkbox", { name: "ເລືອກ ແມ່ນ້ຳ" }).check();
  await check(page, "phone-films-table");
  await page.getByLabel("ການກະທຳ").selectOption("unpublish");
  await page.getByRole("button", { name: "ເຮັດເລີຍ" }).tap();
  await page.getByRole("dialog", { name: "ຜົນ" }).getByText("ແລ້ວ 1 ໃນ 1").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "ປິດ" }).last().tap();
  assert.equal(
    (await client.get("/api/admin/films/{id}", { path: { id: films[0].id } })).visibility,
    "draft",
  );
});

async function makeFilm(name, seconds, hue) {
  const path = join(folder, name);
  const source = ["-f", "lavfi", "-i", `testsrc2=size=320x180:rate=25,hue=h=${hue}`];
  await promisify(execFile)("ffmpeg", [
    "-v",
    "error",
    ...source,
    "-t",
    String(seconds),
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    path,
  ]);
  return { name, mimeType: "video/mp4", buffer: await readFile(path) };
}

/** Drops files on a part of the page that has no drop zone. */
async function dropFiles(page, files) {
  const transfer = await page.evaluateHandle(
    (list) => {
      const data = new DataTransfer();
      for (const { name, bytes } of list) {
        data.items.add(new File([new Uint8Array(bytes)], name));
      }
      return data;
    },
    files.map(({ name, buffer }) => ({ name, bytes: [...buffer] })),
  );
  await page.dispatchEvent("main", "dragover", { dataTransfer: transfer });
  await page.getByText("Drop the files here.").waitFor();
  await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
}

step("dropped files become films or join one, as the editor says", async () => {
  const { page } = desktop;
  const files = await Promise.all([
    makeFilm("the_river_1080p.mp4", 1, 0),
    makeFilm("Sabaidee.mp4", 1, 90),
    { name: "notes.txt", buffer: Buffer.from("notes") },
  ]);
  await page.goto(`${nang.url}/admin/audit`);
  await page.getByRole("heading", { name: "Change log" }).waitFor();
  await dropFiles(page, files);
  const plan = page.getByRole("dialog", { name: "3 files" });
  const choice = (name) => plan.getByLabel(`What becomes of ${name}`);
  await choice("the_river_1080p.mp4").waitFor();
  assert.equal(await choice("the_river_1080p.mp4").inputValue(), films[0].id);
  assert.equal(await choice("Sabaidee.mp4").inputValue(), "new");
  assert.equal(await choice("notes.txt").inputValue(), "skip");
  await plan.getByLabel("Title in English").fill("Sabaidee Luang Prabang");
  await check(page, "desktop-upload-plan");
  await plan.getByRole("button", { name: "Upload 2 files" }).click();
  await page.waitForURL(`${nang.url}/admin/uploads`);
  await page.getByText("the_river_1080p.mp4 is uploaded.").waitFor();
  await page.getByText("Sabaidee.mp4 is uploaded.").waitFor();
  await check(page, "desktop-uploads");
  const { items } = await client.get("/api/admin/films", { query: { text: "Sabaidee" } });
  assert.equal(items[0].titles.en, "Sabaidee Luang Prabang");
  assert.equal(items[0].files[0].name, "Sabaidee.mp4");
});

step("a chosen folder is read with the folders in it", async () => {
  const { page } = desktop;
  const inner = join(folder, "films", "inner");
  await mkdir(inner, { recursive: true });
  await writeFile(join(folder, "films", "one.mkv"), "one");
  await writeFile(join(inner, "two.mov"), "two");
  await page.locator("input[webkitdirectory]").setInputFiles(join(folder, "films"));
  const plan = page.getByRole("dialog", { name: "2 files" });
  await plan.getByLabel("What becomes of one.mkv").waitFor();
  await plan.getByLabel("What becomes of two.mov").waitFor();
  await plan.getByRole("button", { name: "Cancel" }).click();
});

step("a reload during uploads: the same files, dropped at once, resume where they stopped", async () => {
  const { page, context } = desktop;
  const network = await context.newCDPSession(page);
  await network.send("Network.enable");
  const speed = (uploadThroughput) =>
    network.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput,
    });
  const large = [1, 2].map((number) => ({
    name: `large ${number}.mov`,
    mimeType: "video/quicktime",
    buffer: Buffer.alloc(8_000_000, number),
  }));
  await speed(1_000_000);
  await page.locator("input[type=file][multiple]").setInputFiles(large);
  await page.getByRole("dialog").getByRole("button", { name: "Upload 2 files" }).click();
  await page.waitForFunction(() => {
    const bars = [...document.querySelectorAll("[role=progressbar][aria-label='Upload progress']")];
    return bars.length === 2 && bars.every((bar) => Number(bar.ariaValueNow) >= 20);
  });
  page.once("dialog", (dialog) => void dialog.accept());
  await page.reload();
  await speed(-1);
  // The page knows its own uploads and does not take what is still stored of them for another page's.
  await page
    .getByText(/The upload stopped at \d+ %/)
    .nth(1)
    .waitFor({ timeout: 5_000 });
  await check(page, "desktop-uploads-stopped");
  const offsets = [];
  page.on("request", (request) => {
    if (request.method() === "PATCH") {
      offsets.push(Number(request.headers()["upload-offset"]));
    }
  });
  await page.locator("input[type=file][multiple]").setInputFiles(large);
  const plan = page.getByRole("dialog", { name: "2 files" });
  await plan.getByText("It resumes where it stopped.").nth(1).waitFor();
  await plan.getByRole("button", { name: "Upload 2 files" }).click();
  await page.getByText("large 1.mov is uploaded.").waitFor();
  await page.getByText("large 2.mov is uploaded.").waitFor();
  assert.ok(offsets.length >= 2 && offsets.every((offset) => offset > 500_000), offsets.join());
  await network.detach();
});

step("the pipeline shows each job with its worker, and the encoding is cancelled there", async () => {
  const { page } = desktop;
  const file = await makeFilm("long.mp4", 240, 30);
  await page.goto(`${nang.url}/admin/films/new`);
  await page.getByLabel("Title in English").fill("Long");
  await page.locator("input[type=file]").setInputFiles(file);
  await page.getByRole("button", { name: "Create the film and upload" }).click();
  await page.getByRole("progressbar", { name: "Encoding progress" }).waitFor({ timeout: 90_000 });
  await page.goto(`${nang.url}/admin/pipeline`);
  await page
    .getByText(/^Worker /)
    .first()
    .waitFor();
  const panel = page
    .locator("section", { has: page.getByRole("link", { name: "Long", exact: true }) })
    .last();
  await panel
    .getByRole("button", { name: /^Attempts: Video, chunk/ })
    .first()
    .click();
  await panel.getByText(/^Attempt 1/).waitFor();
  await check(page, "desktop-pipeline");
  await phone.page.goto(`${nang.url}/admin/pipeline`);
  await phone.page.getByRole("heading", { name: "ຕາມໜັງ" }).waitFor();
  await check(phone.page, "phone-pipeline");
  // The last chunk waits for the others, so it is still there when the question is answered.
  const cancel = panel.getByRole("button", { name: /^Cancel: Video, chunk/ });
  await cancel.last().click();
  await panel.getByRole("button", { name: "Cancel the encoding" }).click();
  await cancel.first().waitFor({ state: "detached" });
});

step("a worker on another machine gets a token, which is shown once and can be revoked", async () => {
  const { page } = desktop;
  await page.goto(`${nang.url}/admin/pipeline`);
  await page.getByRole("button", { name: "Add a worker" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name of the machine").fill("not a name");
  await dialog.getByRole("button", { name: "Create the token" }).click();
  await dialog.getByText("Letters, digits, dots and hyphens").waitFor();
  await dialog.getByLabel("Name of the machine").fill("film-school-1");
  await dialog.getByRole("button", { name: "Create the token" }).click();
  const token = await page.getByRole("textbox", { name: "Token of the worker" }).inputValue();
  assert.match(token, /^[A-Za-z0-9_-]{43}$/);
  const claim = () =>
    fetch(`${nang.url}/api/work/1/prospect`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await claim()).status, 200);
  await check(page, "desktop-worker-token");
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await page.getByText(/last seen/).waitFor();
  assert.ok(!(await page.content()).includes(token), "the token is shown once");
  await page.getByRole("button", { name: "Revoke: film-school-1" }).click();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByText("film-school-1").waitFor({ state: "detached" });
  assert.equal((await claim()).status, 401);
});

step("a cancelled encoding says so, and is encoded again", async () => {
  const { page } = desktop;
  const { items } = await client.get("/api/admin/films", { query: { text: "Long" } });
  await page.goto(`${nang.url}/admin/films/${items[0].id}`);
  await page.getByRole("heading", { name: "The encoding was cancelled" }).waitFor();
  assert.equal(await page.getByText("probably damaged").count(), 0);
  await check(page, "desktop-cancelled");
  await page.getByRole("button", { name: "Encode again" }).click();
  await page
    .getByRole("group", { name: "Encode again" })
    .getByRole("button", { name: "Encode again" })
    .click();
  await page.getByRole("button", { name: "Cancel encoding" }).click({ timeout: 90_000 });
  await page
    .getByRole("group", { name: "Cancel encoding" })
    .getByRole("button", { name: "Cancel encoding" })
    .click();
  await page.getByRole("heading", { name: "The encoding was cancelled" }).waitFor();
});

step("the catalogue is exported, checked with errors by line, and imported", async () => {
  const { page } = desktop;
  await page.goto(`${nang.url}/admin/catalogue`);
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download CSV" }).click();
  const path = join(folder, "catalogue.csv");
  await (await downloading).saveAs(path);
  const csv = await readFile(path, "utf8");
  assert.match(csv, /The Weaver/);
  const send = (name, text) =>
    page.locator("input[type=file]").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
  const [head] = csv.split("\n");
  await send("wrong.csv", `${head.split(",")[0]},year,title_en\n,not a year,Broken\n`);
  const report = page.getByRole("region", { name: "Report of the import" });
  await report.getByText(/errors?\. Nothing was imported\./).waitFor();
  await report.getByRole("rowheader", { name: "Line 2:" }).first().waitFor();
  await check(page, "desktop-import-errors");
  assert.equal(await page.getByRole("button", { name: "Import now" }).count(), 0);
  await send("right.csv", "slug,title_en\nimported-film,Imported film\n");
  await report.getByText("Nothing has changed yet.").waitFor();
  await page.getByRole("button", { name: "Import now" }).click();
  await report.getByText("The import is done.").waitFor();
  const { items } = await client.get("/api/admin/films", { query: { text: "Imported" } });
  assert.equal(items.length, 1);
});

step("storage by film, and the change log, fit a phone", async () => {
  for (const [path, heading] of [
    ["storage", "ພື້ນທີ່ເກັບຂໍ້ມູນ"],
    ["audit", "ບັນທຶກການປ່ຽນແປງ"],
    ["uploads", "ການອັບໂຫຼດ"],
    ["catalogue", "ນຳເຂົ້າ ແລະ ສົ່ງອອກ"],
  ]) {
    await phone.page.goto(`${nang.url}/admin/${path}`);
    await phone.page.getByRole("heading", { name: heading, level: 1 }).waitFor();
    await check(phone.page, `phone-${path}`);
  }
});
