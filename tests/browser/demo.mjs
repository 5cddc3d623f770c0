// A server with the 40 films of the demo catalogue: one that is running (NANG_URL), or a new one (NANG_BIN and NANG_TOOLS).
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { logIn } from "./client.mjs";
import { ADMIN, startNang } from "./nang.mjs";

const FILMS = 40;
const ENCODING_TIMEOUT_MS = 30 * 60_000;
const POLL_MS = 1_000;

export const VIEWER = { email: "noy@example.org", password: "ດອກຈຳປາ ສີຂາວ", display_name: "ນາງ ນ້ອຍ" };

/**
 * Resolves when all films can be played, and {@link VIEWER} has an account.
 * @returns {Promise<{url: string, stop: () => Promise<void>}>}
 */
export async function startDemo() {
  const running = process.env.NANG_URL;
  if (running) {
    await addViewer({ url: running });
    return { url: running, stop: async () => undefined };
  }
  const tools = process.env.NANG_TOOLS;
  if (!tools) {
    throw new Error(
      "NANG_URL must be the address of a server with the demo films, or NANG_TOOLS the nang-tools binary",
    );
  }
  const nang = await startNang({ NANG_REGISTRATION: "open" });
  try {
    await promisify(execFile)(tools, ["--data", nang.data, "demo"]);
    await untilEncoded(nang.url);
    await addViewer(nang);
    return nang;
  } catch (error) {
    await nang.stop();
    throw error;
  }
}

async function untilEncoded(url) {
  const deadline = Date.now() + ENCODING_TIMEOUT_MS;
  for (;;) {
    const { items } = await (await fetch(`${url}/api/films?limit=100`)).json();
    const ready = items.filter(({ duration_ms }) => duration_ms !== null).length;
    if (ready >= FILMS - 2) {
      return; // The demo keeps two films back, to show what a film looks like before it is ready.
    }
    if (Date.now() > deadline) {
      throw new Error(
        `${ready} of ${items.length} films were encoded in ${ENCODING_TIMEOUT_MS / 60_000} minutes`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** With closed registration an admin invites the viewer. */
async function addViewer(nang) {
  const exists = await logIn(nang, VIEWER).then(
    () => true,
    () => false,
  );
  if (!exists) {
    const admin = await logIn(nang, ADMIN);
    const { url } = await admin.post("/api/admin/invitations", { body: { role: "viewer" } });
    await admin.post("/api/auth/register", { body: { ...VIEWER, invitation: url.split("#")[1] } });
  }
}
