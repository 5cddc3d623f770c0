#!/usr/bin/env python3
"""A TCP proxy that delays all bytes, as a long link does, and limits no rate: `delay.py TARGET_PORT ROUND_TRIP_MS`.

Prints its own port."""

import asyncio
import sys


async def copy(reader, writer, seconds):
    loop, queue = asyncio.get_running_loop(), asyncio.Queue(maxsize=256)

    async def send():
        while (piece := await queue.get()) is not None:
            at, data = piece
            await asyncio.sleep(max(0, at - loop.time()))
            writer.write(data)
            await writer.drain()

    sending = asyncio.create_task(send())
    try:
        while data := await reader.read(1 << 18):
            await queue.put((loop.time() + seconds, data))
        await queue.put(None)
        await sending
    except (ConnectionError, asyncio.CancelledError):
        sending.cancel()
    finally:
        writer.close()


async def main(target, milliseconds):
    one_way = milliseconds / 2000

    async def serve(reader, writer):
        # The handshake of a long link takes one round trip.
        await asyncio.sleep(2 * one_way)
        there, back = await asyncio.open_connection("127.0.0.1", target, limit=1 << 20)
        await asyncio.gather(copy(reader, back, one_way), copy(there, writer, one_way))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
