// PulseAudio with an output that plays into nothing at the right speed: without an output, Firefox does not process audio.
import { spawn } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";

const START_TIMEOUT_MS = 20_000;

/** Starts a server whose files are in `folder`. `env`: what its clients need in their environment. */
export async function startAudioServer(folder) {
  const runtime = join(folder, "pulse");
  await mkdir(runtime, { mode: 0o700 });
  const socket = join(runtime, "socket");
  const modules = ["module-null-sink", `module-native-protocol-unix socket=${socket} auth-anonymous=1`];
  const options = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"];
  const server = spawn("pulseaudio", [...options, ...modules.flatMap((module) => ["-L", module])], {
    stdio: "ignore",
    env: { ...process.env, HOME: runtime, XDG_RUNTIME_DIR: runtime },
  });
  const exited = new Promise((resolve) => server.once("exit", resolve));
  let failure = null;
  server.once("error", (error) => {
    failure = error;
  });
  for (const until = performance.now() + START_TIMEOUT_MS; ; ) {
    if (
      await access(socket).then(
        () => true,
        () => false,
      )
    ) {
      break;
    }
    if (failure || performance.now() > until) {
      throw failure ?? new Error("PulseAudio did not start");
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const stop = async () => {
    server.kill("SIGTERM");
    await exited;
  };
  return { env: { PULSE_SERVER: `unix:${socket}` }, stop };
}
