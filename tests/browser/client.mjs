// The TypeScript client, loaded as in programs outside browsers.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const { module } = await runnerImport(fileURLToPath(import.meta.resolve("@nang/api-client")), {
  configFile: false,
  logLevel: "silent",
});

export const { ApiError, NangClient } = module;

export async function logIn(nang, { email, password }) {
  const client = new NangClient({ baseUrl: nang.url });
  await client.session.login(email, password);
  return client;
}
