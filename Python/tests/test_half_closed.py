# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""A client that ends its side after its request (`nc -N`, some proxies) gets its answer; one that leaves is noticed."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import bodies
import pytest
from gateway import Gateway
from rawhttp import Connection
from upstream import Exchange, Upstream

CHAT = "/openai/v1/chat/completions"
ASK = {"model": "test.ai.openai", "messages": [{"role": "user", "content": "Hello!"}]}
#: Relayed and translated.
SERVICES = {"relayed": "test.ai.openai", "translated": "test.ai.anthropic"}


def thinking(seconds: float) -> Any:
    """Answers as usual, after a time without a byte."""

    async def think(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        await bodies.answer(exchange)

    return think


@pytest.mark.parametrize("seconds", [0, 2])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("service", SERVICES)
def test_the_answer_comes(relay: Gateway, scripted: Upstream, service: str, stream: bool, seconds: float) -> None:
    scripted.script(thinking(seconds))
    with Connection(relay) as connection:
        connection.request(CHAT, {**ASK, "model": SERVICES[service], "stream": stream})
        connection.socket.shutdown(socket.SHUT_WR)
        response = connection.response()
        assert response.status == 200
        if stream:
            assert response.body.rstrip().endswith(b"data: [DONE]")
        else:
            assert response.json["choices"]
        assert connection.ended()


def test_the_rest_of_a_stream_comes(relay: Gateway, scripted: Upstream) -> None:
    events = bodies.chat_events(usage=False)

    async def pause(exchange: Exchange) -> None:
        await exchange.begin_stream()
        for event in events[:3]:
            await exchange.chunk(bodies.data(event))
        await asyncio.sleep(2)
        for event in events[3:]:
            await exchange.chunk(bodies.data(event))
        await exchange.end_stream()

    scripted.script(pause)
    with Connection(relay) as connection:
        connection.request(CHAT, {**ASK, "stream": True})
        head = connection.response_head()
        assert head.status == 200
        connection.socket.shutdown(socket.SHUT_WR)
        body = b""
        while size := int(connection.until(b"\r\n").strip(), 16):
            body += connection.exactly(size)
            connection.exactly(2)
        assert body == bodies.chat_stream(usage=False)


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/openai/v1/models", "/x"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_other_routes_answer_too(relay: Gateway, path: str, version: str) -> None:
    with Connection(relay) as connection:
        connection.send(connection.head(path, method="GET").replace(b"HTTP/1.1", f"HTTP/{version}".encode()))
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.response_head().status in (200, 404)
        assert connection.ended()


def test_a_client_of_http_1_0_gets_an_answer_that_does_not_take_long(relay: Gateway, scripted: Upstream) -> None:
    scripted.script(thinking(1))
    content = json.dumps(ASK).encode()
    with Connection(relay) as connection:
        head = connection.head(CHAT, f"content-length: {len(content)}\r\n").replace(b"HTTP/1.1", b"HTTP/1.0")
        connection.send(head + content)
        connection.socket.shutdown(socket.SHUT_WR)
        # It knows no interim answers, so it gets none.
        assert connection.response_head().status == 200


def test_a_client_of_http_1_0_that_leaves_is_noticed(relay: Gateway, scripted: Upstream) -> None:
    async def think(exchange: Exchange) -> None:
        await exchange.closed.wait()

    scripted.script(think)
    content = json.dumps(ASK).encode()
    with Connection(relay) as connection:
        head = connection.head(CHAT, f"content-length: {len(content)}\r\n").replace(b"HTTP/1.1", b"HTTP/1.0")
        connection.send(head + content)
        scripted.wait(lambda: scripted.exchanges, "the call goes upstream")
    scripted.wait(lambda: scripted.exchanges[0].closed.is_set(), "the upstream is cancelled", patience=10)
