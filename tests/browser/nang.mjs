// Runs a real `nang up` on a free port with its own data folder, which is deleted when the test ends.
import { execFile, spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const KEPT_LOG_LINES = 60;

export const ADMIN = { email: "admin@example.org", password: "correct horse battery staple" };

/**
 * `settings`: additional `NANG_…` variables. `halt` stops the server and keeps its data; `resume` starts it again at the same address.
 * @returns {Promise<{url: string, data: string, storage: string, log: () => string, halt: () => Promise<void>, resume: () => Promise<void>, stop: () => Promise<void>}>}
 */
export async function startNang(settings = {}) {
  if (!process.env.NANG_BIN) {
    throw new Error("NANG_BIN must be the path of the nang binary");
  }
  const folder = await mkdtemp(join(tmpdir(), "nang-browser-"));
  // When the test runs as root, PostgreSQL runs as another user, which must be able to reach the data folder.
  await chmod(folder, 0o755);
  const lines = [];
  const start = (listen) => launch(folder, listen, settings, lines);
  let server;
  try {
    server = await start("127.0.0.1:0");
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`${error.message}\n${lines.join("\n")}`);
  }
  const { url } = server;
  return {
    url,
    data: join(folder, "data"),
    storage: join(folder, "data", "storage"),
    log: () => lines.join("\n"),
    halt: () => server.stop(),
    resume: async () => {
      server = await start(new URL(url).host);
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launch(folder, listen, settings, lines) {
  const child = spawn(process.env.NANG_BIN, ["up", "--data", join(folder, "data"), "--listen", listen], {
    cwd: folder,
    env: { ...process.env, NANG_ADMIN_EMAIL: ADMIN.email, NANG_ADMIN_PASSWORD: ADMIN.password, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    lines.push(line);
    lines.splice(0, lines.length - KEPT_LOG_LINES);
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    const killTimeout = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(killTimeout);
  };
  const ready = new Promise((resolve, reject) => {
    const startTimeout = setTimeout(
      () => reject(new Error(`nang up was not ready within ${START_TIMEOUT_MS / 1000} s`)),
      START_TIMEOUT_MS,
    );
    createInterface({ input: child.stdout }).on("line", (line) => {
      const address = /^ready (http\S+)$/.exec(line)?.[1];
      if (address) {
        clearTimeout(startTimeout);
        resolve(address.replace(/\/$/, ""));
      }
    });
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(new Error(`nang up exited (${code ?? signal}) before it was ready`)),
    );
  });
  try {
    return { url: await ready, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Uploads and encodes a master with `nang import --wait`. Returns the film and the exit status. */
export async function importFilm(nang, admin, master, title, profile = "fast") {
  const env = {
    PATH: process.env.PATH,
    XDG_STATE_HOME: dirname(master),
    NANG_SERVER: nang.url,
    NANG_ADMIN_EMAIL: ADMIN.email,
    NANG_ADMIN_PASSWORD: ADMIN.password,
  };
  const options = ["import", master, "--title", title, "--profile", profile, "--wait"];
  const status = await promisify(execFile)(process.env.NANG_BIN, options, { env }).then(
    () => 0,
    (error) => (typeof error.code === "number" ? error.code : Promise.reject(error)),
  );
  const { items } = await admin.get("/api/admin/films", { query: { text: title } });
  return { film: items[0], status };
}

/** Uploads, encodes and publishes a master. */
export async function publishFilm(nang, admin, master, title, profile = "fast") {
  const { film, status } = await importFilm(nang, admin, master, title, profile);
  if (status !== 0) {
    throw new Error(`nang import exited with ${status}\n${nang.log()}`);
  }
  const { id, version } = film;
  await admin.patch("/api/admin/films/{id}", {
    path: { id },
    header: { "If-Match": `"${version}"` },
    body: { visibility: "public" },
  });
  return id;
}
