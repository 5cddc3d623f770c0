// Runs a real `nang up` with its own data folder, which can be killed and restarted, and sends its admin's requests.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const KEPT_LOG_LINES = 60;

export const ADMIN = { email: "admin@example.org", password: "correct horse battery staple" };

export const binary = process.env.NANG_BIN;
assert.ok(binary, "NANG_BIN must be the path of the nang binary");

export class Nang {
  #child;
  #exited;
  #lines = [];

  static async start() {
    const nang = new Nang();
    nang.folder = await mkdtemp(join(tmpdir(), "nang-tus-"));
    // When the test runs as root, PostgreSQL runs as another user, which must be able to reach the data folder.
    await chmod(nang.folder, 0o755);
    await nang.run();
    nang.admin = await logIn(nang.url);
    return nang;
  }

  /** Starts the process. A restart uses the same port. */
  async run() {
    const listen = `127.0.0.1:${this.url ? new URL(this.url).port : 0}`;
    const child = spawn(binary, ["up", "--data", join(this.folder, "data"), "--listen", listen], {
      cwd: this.folder,
      env: {
        ...process.env,
        NANG_ADMIN_EMAIL: ADMIN.email,
        NANG_ADMIN_PASSWORD: ADMIN.password,
        // These tests cover uploads only, so no worker encodes.
        NANG_WORKER_JOBS: "0",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once("exit", resolve));
    createInterface({ input: child.stderr }).on("line", (line) => {
      this.#lines.push(line);
      this.#lines.splice(0, this.#lines.length - KEPT_LOG_LINES);
    });
    this.url = await new Promise((resolve, reject) => {
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
      child.once("exit", (code, signal) => {
        clearTimeout(startTimeout);
        reject(new Error(`nang up exited (${code ?? signal}) before it was ready\n${this.log()}`));
      });
    });
  }

  log() {
    return this.#lines.join("\n");
  }

  /** `kill -9` */
  async kill() {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  async stop() {
    this.#child.kill("SIGTERM");
    const killTimeout = setTimeout(() => this.#child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await this.#exited;
    clearTimeout(killTimeout);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Requests with an admin's access token. */
async function logIn(url) {
  const { access_token: token } = await request(url, "POST", "/api/auth/login", undefined, ADMIN);
  return {
    token,
    createFilm: (title) => request(url, "POST", "/api/admin/films", token, { titles: { en: title } }),
    film: (id) => request(url, "GET", `/api/admin/films/${id}`, token),
    films: () => request(url, "GET", "/api/admin/films?limit=100", token),
  };
}

async function request(url, method, path, token, body) {
  const response = await fetch(url + path, {
    method,
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
  return response.json();
}
