# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""A client that leaves cancels its upstream at once; a client that reads slowly slows its upstream down."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import bodies
import pytest
from config import upstream_config
from gateway import Gateway
from rawhttp import Connection
from upstream import Exchange, Upstream

ROUTES = {
    "openai relayed": ("/openai/v1/chat/completions", "test.ai.openai", bodies.chat_stream()),
    "mlflow relayed": ("/mlflow/v1/chat/completions", "test.ai.openai", bodies.chat_stream()),
    "responses relayed": ("/openai/v1/responses", "test.ai.openai", bodies.responses_stream()),
    "messages relayed": ("/anthropic/v1/messages", "test.ai.anthropic", bodies.anthropic_stream()),
    "to Anthropic": ("/mlflow/v1/chat/completions", "test.ai.anthropic", bodies.anthropic_stream()),
    "to Gemini": ("/mlflow/v1/chat/completions", "test.ai.gemini", bodies.gemini_stream()),
}


def ask(service: str, stream: bool) -> dict[str, Any]:
    return {
        "model": service,
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "Hello!"}],
        "input": "Hello!",
        "stream": stream,
    }


@pytest.mark.parametrize("way", ["close", "reset"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("route", ROUTES)
def test_before_the_first_byte(relay: Gateway, scripted: Upstream, route: str, stream: bool, way: str) -> None:
    path, service, _ = ROUTES[route]

    async def think(exchange: Exchange) -> None:
        await exchange.closed.wait()

    scripted.script(think)
    with Connection(relay) as connection:
        connection.request(path, ask(service, stream))
        scripted.wait(lambda: scripted.exchanges, "the call goes upstream")
        if way == "reset":
            connection.reset()
    scripted.wait(lambda: scripted.exchanges[0].closed.is_set(), "the upstream is cancelled", patience=5)


@pytest.mark.parametrize("way", ["close", "reset"])
@pytest.mark.parametrize("route", ROUTES)
def test_inside_a_stream(relay: Gateway, scripted: Upstream, route: str, way: str) -> None:
    path, service, stream = ROUTES[route]
    parts = [part + b"\n\n" for part in stream.split(b"\n\n") if part]

    async def pause(exchange: Exchange) -> None:
        await exchange.begin_stream()
        for part in parts[: len(parts) // 2]:
            await exchange.chunk(part)
        await exchange.closed.wait()

    scripted.script(pause)
    with Connection(relay) as connection:
        connection.request(path, ask(service, True))
        connection.until(bodies.TEXT[:2].encode())
        if way == "reset":
            connection.reset()
    scripted.wait(lambda: scripted.exchanges[0].closed.is_set(), "the upstream is cancelled", patience=5)


@pytest.mark.parametrize("route", ROUTES)
def test_inside_a_stream_that_flows(relay: Gateway, scripted: Upstream, route: str) -> None:
    path, service, stream = ROUTES[route]
    parts = [part + b"\n\n" for part in stream.split(b"\n\n") if part]

    async def flow(exchange: Exchange) -> None:
        await exchange.begin_stream()
        for part in parts[:3]:
            await exchange.chunk(part)
        while not exchange.closed.is_set():
            await exchange.chunk(parts[3])
            await asyncio.sleep(0.001)

    scripted.script(flow)
    with Connection(relay) as connection:
        connection.request(path, ask(service, True))
        connection.until(b"\r\n\r\n")
    scripted.wait(lambda: scripted.exchanges[0].closed.is_set(), "the upstream is cancelled", patience=5)


def test_inside_a_large_whole_answer(relay: Gateway, scripted: Upstream) -> None:
    async def pause(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900000\r\n\r\n{")
        await exchange.closed.wait()

    scripted.script(pause)
    with Connection(relay) as connection:
        connection.request("/openai/v1/chat/completions", ask("test.ai.openai", False))
        scripted.wait(lambda: scripted.exchanges, "the call goes upstream")
    scripted.wait(lambda: scripted.exchanges[0].closed.is_set(), "the upstream is cancelled", patience=5)


def test_before_the_body_is_complete(relay: Gateway, scripted: Upstream) -> None:
    for _ in range(20):
        with Connection(relay) as connection:
            connection.send(connection.head("/openai/v1/chat/completions", "content-length: 500\r\n") + b'{"model"')
    assert relay.post("/openai/v1/chat/completions", ask("test.ai.openai", False)).status_code == 200
    assert len(scripted.requests) == 1


def test_a_hundred_clients_that_leave_at_once_leave_nothing_behind(relay: Gateway, scripted: Upstream) -> None:
    async def think(exchange: Exchange) -> None:
        await exchange.closed.wait()

    scripted.script(think)
    connections = [Connection(relay) for _ in range(100)]
    for number, connection in enumerate(connections):
        path, service, _ = list(ROUTES.values())[number % len(ROUTES)]
        connection.request(path, ask(service, number % 2 == 0))
    scripted.wait(lambda: len(scripted.exchanges) == 100, "all calls go upstream")
    for connection in connections:
        connection.reset()
    scripted.wait(lambda: all(e.closed.is_set() for e in scripted.exchanges), "all are cancelled", patience=10)
    scripted.reset()
    assert relay.post("/openai/v1/chat/completions", ask("test.ai.openai", False)).status_code == 200


@pytest.mark.parametrize("route", ["openai relayed", "mlflow relayed", "to Anthropic", "to Gemini", "messages relayed"])
def test_a_client_that_does_not_read_stops_its_upstream(launch: Any, upstream: Upstream, route: str) -> None:
    path, service, stream = ROUTES[route]
    parts = [part + b"\n\n" for part in stream.split(b"\n\n") if part]
    # Long pieces of text, so that the bytes count and not the events.
    letters = bodies.pieces()[1].encode()
    middle = next(part for part in parts if letters in part).replace(letters, b"a" * 8192)
    gateway = launch(upstream_config(upstream))

    async def flood(exchange: Exchange) -> None:
        await exchange.begin_stream()
        for part in parts[:3]:
            await exchange.chunk(part)
        while not exchange.closed.is_set():
            await exchange.chunk(middle)

    upstream.script(flood)
    with Connection(gateway, receive_buffer=4096) as connection:
        connection.request(path, ask(service, True))
        upstream.wait(lambda: upstream.exchanges, "the call goes upstream")
        exchange = upstream.exchanges[0]
        stalled = wait_for_standstill(upstream, exchange)
        # Buffers of two pairs of sockets and of the gateway; without back-pressure it would be gigabytes.
        assert stalled < 64 << 20
        # Who reads on gets on.
        for _ in range(400):
            connection.exactly(65536)
        upstream.wait(lambda: exchange.sent > stalled, "the upstream is read again")
    upstream.wait(lambda: exchange.closed.is_set(), "the upstream is cancelled", patience=10)


def wait_for_standstill(upstream: Upstream, exchange: Exchange) -> int:
    """How many bytes the upstream had sent when it could send no more."""
    last, since = -1, time.monotonic()

    def still() -> bool:
        nonlocal last, since
        if exchange.sent != last:
            last, since = exchange.sent, time.monotonic()
        return last > 0 and time.monotonic() - since > 1.0

    upstream.wait(still, "the upstream stands still")
    return last
