# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""What upstreams, their proxies and their networks do now and then harms no call but their own."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bodies
import pytest
from config import upstream_config
from rawhttp import Connection
from upstream import Exchange, Upstream

CHAT = "/openai/v1/chat/completions"
ASK = {"model": "test.ai.openai", "messages": [{"role": "user", "content": "Hello!"}]}
STREAM = {**ASK, "stream": True, "stream_options": {"include_usage": True}}


def bare(content: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(content) + compressor.flush()


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "x-gzip": gzip.compress,
}


@pytest.mark.parametrize(("coding", "compress"), [*CODINGS.items(), ("deflate", bare)])
def test_a_response_that_nobody_asked_to_compress_is_read(
    launch: Any, upstream: Upstream, coding: str, compress: Any
) -> None:
    gateway = launch(upstream_config(upstream))

    async def compressed(exchange: Exchange) -> None:
        assert exchange.request.header("accept-encoding") == "identity"
        await exchange.respond(compress(bodies.dump(bodies.OPENAI_CHAT)), headers=f"content-encoding: {coding}\r\n")

    upstream.script(compressed)
    response = gateway.post(CHAT, ASK)
    assert response.json() == bodies.OPENAI_CHAT
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize(("status", "expected"), [(400, 400), (500, 502)])
def test_a_compressed_error_keeps_its_message(launch: Any, upstream: Upstream, status: int, expected: int) -> None:
    gateway = launch(upstream_config(upstream))

    async def compressed(exchange: Exchange) -> None:
        content = bodies.dump({"error": {"message": "too many bananas", "type": "invalid_request_error"}})
        await exchange.respond(gzip.compress(content), f"{status} Error", "content-encoding: gzip\r\n")

    upstream.script(compressed)
    response = gateway.post(CHAT, ASK)
    assert response.status_code == expected
    assert "too many bananas" in response.text


def test_a_compressed_stream_is_relayed_event_by_event(launch: Any, upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream))
    compressor = zlib.compressobj(wbits=31)
    seen = threading.Event()

    async def compressed(exchange: Exchange) -> None:
        await exchange.begin_stream("content-encoding: gzip\r\n")
        for index, word in enumerate(["one", "two"]):
            chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
            choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
            event = b"data: " + bodies.dump({**chunk, "choices": [choice]}) + b"\n\n"
            await exchange.chunk(compressor.compress(event) + compressor.flush(zlib.Z_SYNC_FLUSH))
            if index == 0:
                assert await asyncio.to_thread(seen.wait, 20)
        await exchange.chunk(compressor.compress(b"data: [DONE]\n\n") + compressor.flush())
        await exchange.end_stream()

    upstream.script(compressed)
    text = ""
    with gateway.client() as client, client.stream("POST", CHAT, json=STREAM) as response:
        for piece in response.iter_text():
            text += piece
            if "one" in text:
                seen.set()
    assert "one" in text
    assert "two" in text
    assert text.rstrip().endswith("[DONE]")


def test_padded_chunk_sizes_are_read(launch: Any, upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream))

    async def padded(exchange: Exchange) -> None:
        content = bodies.dump(bodies.OPENAI_CHAT)
        await exchange.send(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
            b"%08x  \r\n%b\r\n0   \r\n\r\n" % (len(content), content)
        )

    upstream.script(padded)
    assert gateway.post(CHAT, ASK).json() == bodies.OPENAI_CHAT


def test_a_flood_of_interim_responses_ends_the_call(launch: Any, upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream))

    async def flood(exchange: Exchange) -> None:
        while not exchange.closed.is_set():
            await exchange.send(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" * 100)

    upstream.script(flood)
    assert gateway.post(CHAT, ASK).status_code == 502


def test_a_call_after_one_that_was_refused_unread_is_answered(launch: Any, upstream: Upstream) -> None:
    content = bodies.dump(bodies.OPENAI_CHAT)
    done = threading.Event()

    def serve(server: socket.socket) -> None:
        """Refuses the first connection's request after its head, and never reads the rest of it."""
        first, _ = server.accept()
        first.recv(1024)
        first.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
        second, _ = server.accept()
        second.recv(65536)
        second.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(content), content))
        done.wait(20)
        first.close()
        second.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        config = upstream_config(upstream)
        config["provider_services"]["test.providers.openai"]["base_url"] = f"http://127.0.0.1:{server.getsockname()[1]}"
        with launch(config).client() as client:
            long = {**ASK, "messages": [{"role": "user", "content": "x" * (8 << 20)}]}
            assert client.post(CHAT, json=long).status_code == 400
            assert client.post(CHAT, json=ASK).status_code == 200
        done.set()
        thread.join()


def test_connections_to_upstreams_are_probed_while_they_are_silent(launch: Any, upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream))
    probed: list[bool] = []

    async def think(exchange: Exchange) -> None:
        port = f":{upstream.port:04X}"
        for _ in range(100):
            rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
            # Remote address, state 01 (established), and the timer: 02 is keep-alive's.
            if any(row[2].endswith(port) and row[3] == "01" and row[5].startswith("02:") for row in rows):
                probed.append(True)
                break
            await asyncio.sleep(0.05)
        await bodies.answer(exchange)

    upstream.script(think)
    assert gateway.post(CHAT, ASK).status_code == 200
    assert probed


def test_what_was_sent_of_a_response_that_breaks_off_is_sent_once(launch: Any, upstream: Upstream) -> None:
    """stream-09: neither twice, which could make up for the length that is missing, nor with an end."""
    gateway = launch(upstream_config(upstream))
    content = bodies.dump({**bodies.OPENAI_CHAT, "filler": "x" * 1000})
    sent = content[: len(content) * 2 // 3]

    async def break_off(exchange: Exchange) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        await exchange.send(head.encode() + sent)
        await asyncio.sleep(0.2)
        exchange.abort()

    upstream.script(break_off)
    with Connection(gateway) as connection:
        connection.request(CHAT, ASK)
        head = connection.response_head()
        assert head.headers["content-length"] == str(len(content))
        assert connection.ended()
        assert connection.buffer == sent
