// `nang import` against a real server: it resumes after every interruption, and its exit status tells the result.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startFlakyProxy } from "./flaky-proxy.mjs";
import { ADMIN, binary, Nang } from "./nang.mjs";

const SIZE_BYTES = 64_000_000;

let nang;

before(async () => {
  nang = await Nang.start();
});

after(() => nang?.stop());

function runImport(file, server, options = {}) {
  const child = spawn(binary, ["import", file, ...(options.arguments ?? [])], {
    env: {
      PATH: process.env.PATH,
      XDG_STATE_HOME: join(nang.folder, "state"),
      NANG_SERVER: server,
      NANG_ADMIN_EMAIL: ADMIN.email,
      NANG_ADMIN_PASSWORD: options.password ?? ADMIN.password,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { out: "", err: "" };
  child.stdout.on("data", (text) => {
    output.out += text;
  });
  child.stderr.on("data", (text) => {
    output.err += text;
  });
  const ended = new Promise((resolve) => child.once("close", (code) => resolve({ code, ...output })));
  return { ended, kill: () => child.kill("SIGKILL") };
}

async function newMaster(name, size) {
  const bytes = randomBytes(size);
  const path = join(nang.folder, name);
  await writeFile(path, bytes);
  return { path, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function filmsTitled(title) {
  const { items } = await nang.admin.films();
  return items.filter((film) => Object.values(film.titles).includes(title));
}

async function assertImported(ended, title, master) {
  assert.equal(ended.code, 0, ended.err);
  const films = await filmsTitled(title);
  assert.equal(films.length, 1, "interruptions must not create a second film");
  assert.equal(ended.out.trim().split("/").pop(), films[0].id);
  const { files } = await nang.admin.film(films[0].id);
  assert.deepEqual(
    files.map((file) => [file.state, file.sha256]),
    [["uploaded", master.sha256]],
  );
  assert.deepEqual(
    await readdir(join(nang.folder, "state", "nang")),
    [],
    "the state folder must be empty after a finished import",
  );
}

/** The number of bytes that the server has recorded for the film's upload. */
async function received(title) {
  const [film] = await filmsTitled(title);
  return film ? ((await nang.admin.film(film.id)).files[0]?.received_bytes ?? 0) : 0;
}

async function eventually(condition) {
  while (!(await condition())) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("an import resumes when connections are cut", { timeout: 180_000 }, async () => {
  const master = await newMaster("ໜັງ.mov", SIZE_BYTES);
  let cuts = 6;
  const proxy = await startFlakyProxy(new URL(nang.url).port, () =>
    cuts-- > 0 ? randomInt(8192, SIZE_BYTES / 8) : null,
  );
  try {
    await assertImported(await runImport(master.path, proxy.url).ended, "ໜັງ", master);
    assert.ok(proxy.cuts() >= 5);
  } finally {
    await proxy.stop();
  }
});

test("a killed import resumes when it is run again", { timeout: 180_000 }, async () => {
  const master = await newMaster("killed.mov", 8 * SIZE_BYTES);
  let recorded = 0;
  for (const _kill of [1, 2, 3]) {
    const run = runImport(master.path, nang.url);
    await eventually(async () => (await received("killed")) > recorded);
    run.kill();
    await run.ended;
    recorded = await received("killed");
    assert.ok(recorded < 8 * SIZE_BYTES, "the import must be killed before it has uploaded everything");
  }
  const last = runImport(master.path, nang.url);
  await assertImported(await last.ended, "killed", master);
  await rm(master.path);
});

test("an import waits for a killed server to restart", { timeout: 180_000 }, async () => {
  const master = await newMaster("restart.mov", 8 * SIZE_BYTES);
  const run = runImport(master.path, nang.url);
  await eventually(async () => (await received("restart")) > 0);
  await nang.kill();
  await nang.run();
  const ended = await run.ended;
  assert.match(ended.err, /Trying again/);
  await assertImported(ended, "restart", master);
  await rm(master.path);
});

test("the exit status and the message tell the user what to do", async () => {
  const master = await newMaster("refused.mov", 1000);
  const empty = await newMaster("empty.mov", 0);
  for (const [file, server, options, code, says] of [
    [empty.path, nang.url, {}, 1, /empty/],
    [master.path, nang.url, { password: "wrong" }, 2, /cannot log in to \S+ as admin@example.org/],
    [master.path, "http://127.0.0.1:1", {}, 2, /cannot reach http:\/\/127.0.0.1:1/],
    [master.path, "no-address", {}, 2, /not the address of a server/],
    [`${master.path}.absent`, nang.url, {}, 2, /cannot find/],
    [nang.folder, nang.url, {}, 2, /not a file/],
    [master.path, nang.url, { arguments: ["--profile", "none-such"] }, 1, /profile/],
    [master.path, nang.url, { arguments: ["--no-such-option"] }, 2, /no-such-option/],
  ]) {
    const ended = await runImport(file, server, options).ended;
    assert.equal(ended.code, code, ended.err);
    assert.match(ended.err, says);
    assert.equal(ended.out, "");
  }
  assert.deepEqual(await filmsTitled("refused"), []);
});
