// A TCP proxy that cuts its connections like a mobile network: at any byte, sometimes without closing them.
import { connect, createServer } from "node:net";

/**
 * Forwards connections to `port`. Cuts each one after the number of bytes that `nextCut` returns (null: never).
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
      const remaining = limit === null ? bytes.length : limit - passed;
      passed += bytes.length;
      if (passed < (limit ?? Number.POSITIVE_INFINITY)) {
        if (!upstream.write(bytes)) {
          client.pause();
          upstream.once("drain", () => client.resume());
        }
        return;
      }
      cuts += 1;
      upstream.write(bytes.subarray(0, remaining), () => {
        // Half of the cuts leave the connection to the server open: the server must detect that the client is gone.
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
