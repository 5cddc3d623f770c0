// A server with the 40 films of the demo catalogue: one that is running (NANG_URL), or a new one (NANG_BIN, with nang-tools
// beside it or at NANG_TOOLS).
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { logIn, NangClient } from "./client.mjs";
import { ADMIN, startNang } from "./nang.mjs";

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
  const tools = process.env.NANG_TOOLS ?? join(dirname(process.env.NANG_BIN ?? ""), "nang-tools");
  const nang = await startNang({ NANG_REGISTRATION: "open" });
  try {
    await promisify(execFile)(tools, ["--data", nang.data, "demo"]);
    await untilEncoded(nang);
    await addViewer(nang);
    return nang;
  } catch (error) {
    await nang.stop();
    throw error;
  }
}

/** The demo has films in every state, also some without a master. */
async function untilEncoded(nang) {
  const admin = await logIn(nang, ADMIN);
  const deadline = Date.now() + ENCODING_TIMEOUT_MS;
  for (;;) {
    const { items } = await admin.get("/api/admin/films", { query: { status: "processing", limit: 100 } });
    if (items.length === 0) {
      return;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `${items.length} films were not encoded within ${ENCODING_TIMEOUT_MS / 60_000} minutes`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Where registration is not open, an admin invites the viewer. */
async function addViewer(nang) {
  const exists = await logIn(nang, VIEWER).then(
    () => true,
    () => false,
  );
  if (exists) {
    return;
  }
  const visitor = new NangClient({ baseUrl: nang.url });
  const { registration } = await visitor.get("/api/auth/options");
  if (registration === "open") {
    await visitor.post("/api/auth/register", { body: VIEWER });
    return;
  }
  const admin = await logIn(nang, ADMIN);
  const { url } = await admin.post("/api/admin/invitations", { body: { role: "viewer" } });
  await visitor.post("/api/auth/register", { body: { ...VIEWER, invitation: url.split("#")[1] } });
}
