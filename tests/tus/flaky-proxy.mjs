// A TCP proxy that cuts its connections as mobile links do: in the middle of anything, sometimes without a word.
import { connect, createServer } from "node:net";

/**
 * Passes connections on to `port`, and cuts after each of the byte counts that `nextCut` gives (null: never).
 * @param {number} port
 * @param {() => number | null} nextCut
 */
export async function startFlakyProxy(port, nextCut) {
  let cuts = 0;
  const open = new Set();
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    const limit = nextCut();
    let passed = 0;
    let silent = false;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        open.delete(socket);
        client.destroy();
        if (!silent) {
          upstream.destroy();
        }
      });
    }
    client.on("data", (bytes) => {
      const rest = limit === null ? bytes.length : limit - passed;
      passed += bytes.length;
      if (passed < (limit ?? Number.POSITIVE_INFINITY)) {
        if (!upstream.write(bytes)) {
          client.pause();
          upstream.once("drain", () => client.resume());
        }
        return;
      }
      cuts += 1;
      upstream.write(bytes.subarray(0, rest), () => {
        // Of half of the cuts the server hears nothing: it must find out that nobody is there any more.
        silent = cuts % 2 === 1;
        client.resetAndDestroy();
      });
    });
    upstream.on("data", (bytes) => client.write(bytes));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cuts: () => cuts,
    stop: () => {
      for (const socket of open) {
        socket.destroy();
      }
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
