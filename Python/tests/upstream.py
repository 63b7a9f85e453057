# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""A scripted upstream: a TCP server that does what a test tells it and remembers what it saw, byte for byte."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import bodies

PATIENCE = 30.0


@dataclass
class Request:
    """One request as the gateway sent it."""

    head: bytes
    body: bytes
    connection: int
    method: str = ""
    target: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        line, *lines = self.head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = line.split(" ", 2)
        self.headers = [(n.strip().lower(), v.strip()) for n, _, v in (text.partition(":") for text in lines if text)]

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key == name.lower()]
        assert len(found) < 2, f"{name} came more than once: {found}"
        return found[0] if found else None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Exchange:
    """One request and the socket to answer it on."""

    def __init__(self, request: Request, writer: asyncio.StreamWriter, closed: asyncio.Event) -> None:
        self.request = request
        self.writer = writer
        #: Set when the gateway closed the connection.
        self.closed = closed
        #: Bytes that were handed to the socket so far.
        self.sent = 0

    async def send(self, data: bytes) -> None:
        """Writes and waits until the operating system took it."""
        self.writer.write(data)
        await self.writer.drain()
        self.sent += len(data)

    async def respond(
        self, body: bytes | dict[str, Any], status: str = "200 OK", headers: str = "", kind: str = ""
    ) -> None:
        """A whole answer with its length."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = kind or "application/json"
        head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(content)}\r\n{headers}\r\n"
        await self.send(head.encode() + content)

    async def begin_stream(self, headers: str = "") -> None:
        """The head of a chunked event stream."""
        head = f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n{headers}\r\n"
        await self.send(head.encode())

    async def chunk(self, data: bytes) -> None:
        await self.send(b"%x\r\n%b\r\n" % (len(data), data))

    async def end_stream(self) -> None:
        await self.send(b"0\r\n\r\n")

    async def stream(self, data: bytes, size: int | None = None, headers: str = "") -> None:
        """A whole event stream, in chunks of `size` bytes, each its own write."""
        await self.begin_stream(headers)
        step = size or len(data)
        for start in range(0, len(data), step):
            await self.chunk(data[start : start + step])
            await asyncio.sleep(0)
        await self.end_stream()

    def close(self) -> None:
        """Ends the connection in order."""
        self.writer.close()

    def abort(self) -> None:
        """Ends the connection with a reset."""
        self.writer.transport.abort()


Script = Callable[[Exchange], Awaitable[None]]


class Upstream:
    """The server, on a thread of its own. Without a script it answers as the vendor of the path would."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.requests: list[Request] = []
        self.connections = 0
        self.exchanges: list[Exchange] = []
        self._script: Script = bodies.answer
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Future[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def script(self, script: Script) -> None:
        """What to do with every request from now on."""
        self._script = script

    def answer(self, body: bytes | dict[str, Any], status: str = "200 OK", headers: str = "", kind: str = "") -> None:
        """Answers every request from now on with one and the same body."""

        async def respond(exchange: Exchange) -> None:
            await exchange.respond(body, status, headers, kind)

        self._script = respond

    def answer_stream(self, data: bytes, size: int | None = None, headers: str = "") -> None:
        """Answers every request from now on with one and the same event stream."""

        async def respond(exchange: Exchange) -> None:
            await exchange.stream(data, size, headers)

        self._script = respond

    def reset(self) -> None:
        self._script = bodies.answer
        self.requests, self.exchanges = [], []

    @property
    def request(self) -> Request:
        """The one request that came."""
        assert len(self.requests) == 1, f"{len(self.requests)} requests came"
        return self.requests[0]

    def wait(self, condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
        end = time.monotonic() + patience
        while not (value := condition()):
            assert time.monotonic() < end, f"{what}: did not happen within {patience} s"
            time.sleep(0.005)
        return value

    def __enter__(self) -> Upstream:
        self._thread.start()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._serve(reader, writer))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)

        async def start() -> asyncio.Server:
            return await asyncio.start_server(accept, "127.0.0.1", 0, ssl=self._tls)

        self._server = asyncio.run_coroutine_threadsafe(start(), self._loop).result(PATIENCE)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        async def stop() -> None:
            assert self._server
            self._server.close()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        # A small buffer, so that a gateway which does not read is felt at once.
        writer.transport.set_write_buffer_limits(high=1 << 14)
        incoming = Incoming(reader)
        try:
            while True:
                request = await read_request(incoming, number)
                exchange = Exchange(request, writer, incoming.ended)
                self.exchanges.append(exchange)
                self.requests.append(request)
                try:
                    await self._script(exchange)
                except ConnectionError:
                    incoming.ended.set()
                if incoming.ended.is_set() or writer.is_closing():
                    return
        except EOFError:
            pass
        finally:
            incoming.pump.cancel()
            writer.close()


class Incoming:
    """What the gateway sent on one connection. Reads all the time, so that its end is noticed during an answer."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self.buffer = bytearray()
        self.ended = asyncio.Event()
        self._more = asyncio.Event()
        self.pump = asyncio.ensure_future(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while data := await reader.read(1 << 16):
                self.buffer += data
                self._more.set()
        except ConnectionError:
            pass
        self.ended.set()
        self._more.set()

    async def _wait(self) -> None:
        if self.ended.is_set():
            raise EOFError
        self._more.clear()
        await self._more.wait()

    async def until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            await self._wait()
        return await self.exactly(self.buffer.index(mark) + len(mark))

    async def exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            await self._wait()
        found = bytes(self.buffer[:count])
        del self.buffer[:count]
        return found


async def read_request(incoming: Incoming, connection: int) -> Request:
    """Reads one request to its end."""
    request = Request((await incoming.until(b"\r\n\r\n"))[:-4], b"", connection)
    length = request.header("content-length")
    if length is not None:
        request.body = await incoming.exactly(int(length))
    elif (request.header("transfer-encoding") or "").lower() == "chunked":
        while size := int(await incoming.until(b"\r\n"), 16):
            request.body += (await incoming.exactly(size + 2))[:-2]
        await incoming.until(b"\r\n")
    return request
