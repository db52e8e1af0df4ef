# SPDX-License-Identifier: Apache-2.0
"""A proxy before a broker that interferes with single requests, as networks do.

    with ProxiedBroker() as broker:
        broker.proxy.bootstrap                          what clients are given instead of the broker
        broker.proxy.arm(proxy.END_TXN, "hold", 5)      the next such request is ...

    hold       handed on so many seconds later, though the client has given up: it comes late
    cut        not handed on; the connection is closed
    lose       handed on; its answer is not, so that the client's time runs out
    cut after  handed on, and the connection is closed before the answer

Frames are looked at as far as their header. One thread; requests of a connection stay in order.
"""
import asyncio
import struct
import threading

import service
from kafka_fixture import KafkaBroker, Listener

PRODUCE, ADD_PARTITIONS, ADD_OFFSETS, END_TXN, TXN_OFFSET_COMMIT = 0, 24, 25, 26, 28
TRANSACTION = {PRODUCE: "Produce", ADD_PARTITIONS: "AddPartitionsToTxn", ADD_OFFSETS: "AddOffsetsToTxn",
               END_TXN: "EndTxn", TXN_OFFSET_COMMIT: "TxnOffsetCommit"}
ACTIONS = ("hold", "cut", "lose", "cut after")
GRACE_S = 1  # what was handed on is answered within this, mostly


async def frame(reader):
    """The next frame without its length, or None at the end."""
    try:
        size, = struct.unpack(">i", await reader.readexactly(4))
        return await reader.readexactly(size)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


class Proxy:
    def __init__(self):
        self.port, = service.free_ports(1)
        self.target = None
        self.armed = {}  # {api key: (action, seconds)}
        self.struck = []  # [(api key, action)]
        self.lock = threading.Lock()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self.port}"

    def start(self, target):
        self.target = target
        self.thread.start()
        asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self.serve, "127.0.0.1", self.port), self.loop).result(10)

    def close(self):
        async def end():
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        if self.thread.is_alive():
            asyncio.run_coroutine_threadsafe(end(), self.loop).result(10)
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join(10)

    def arm(self, api, action, seconds=0.0):
        assert action in ACTIONS
        with self.lock:
            self.armed[api] = (action, seconds)

    def disarm(self):
        """@return what has never been met: {api key: (action, seconds)}."""
        with self.lock:
            left, self.armed = self.armed, {}
        return left

    def strike(self, api):
        with self.lock:
            action = self.armed.pop(api, None)
            if action:
                self.struck.append((api, action[0]))
        return action or ("pass", 0)

    async def serve(self, reader, writer):
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except ConnectionError:
            writer.close()
            return
        lost = set()  # correlation ids whose answers are kept back
        down = asyncio.ensure_future(self.answers(up_reader, writer, lost))
        try:
            await self.requests(reader, up_writer, lost, writer)
            await asyncio.sleep(GRACE_S)  # what was sent last is still worked on
        except ConnectionError:
            pass
        finally:
            down.cancel()
            up_writer.close()
            writer.close()

    async def requests(self, reader, up_writer, lost, writer):
        while (request := await frame(reader)) is not None:
            api, _, correlation = struct.unpack_from(">hhi", request)
            action, seconds = self.strike(api)
            if action == "hold":
                await asyncio.sleep(seconds)
            if action == "cut":
                writer.close()
                return
            if action in ("lose", "cut after"):
                lost.add(correlation)
            up_writer.write(struct.pack(">i", len(request)) + request)
            await up_writer.drain()
            if action == "cut after":
                writer.close()
                return

    @staticmethod
    async def answers(up_reader, writer, lost):
        while (answer := await frame(up_reader)) is not None:
            if struct.unpack_from(">i", answer)[0] in lost:
                continue
            if not writer.is_closing():
                writer.write(struct.pack(">i", len(answer)) + answer)
                await writer.drain()
        writer.close()


class ProxiedBroker(KafkaBroker):
    """A broker whose second listener is reached by the proxy alone; its own `bootstrap` is direct."""

    def __init__(self, **options):
        self.proxy = Proxy()
        listener = Listener(advertised=self.proxy.port)
        super().__init__(listeners={"PROXIED": listener}, **options)
        self.proxy.start(listener.port)

    def close(self):
        super().close()
        self.proxy.close()
