# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Bounds against clients that send too much, too slowly or on too many connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import bodies
import pytest
from config import upstream_config
from gateway import Gateway, wait_until
from rawhttp import Connection
from upstream import Exchange, Upstream

CHAT = "/openai/v1/chat/completions"
ASK = b'{"model": "test.ai.openai", "messages": [{"role": "user", "content": "Hello!"}]}'


def test_heads_that_are_too_large(relay: Gateway) -> None:
    for headers in ("x-filler: " + "y" * 70_000 + "\r\n", "".join(f"x-{n}: {'y' * 100}\r\n" for n in range(700))):
        with Connection(relay) as connection:
            connection.send(connection.head(CHAT, headers))
            assert connection.response().status == 431
            assert connection.ended()
    with Connection(relay) as connection:
        connection.send(b"POST /" + b"x" * 70_000)
        assert connection.response().status in (414, 431)


def test_a_head_of_a_fair_size_is_taken(relay: Gateway, scripted: Upstream) -> None:
    with Connection(relay) as connection:
        connection.request(CHAT, ASK, "".join(f"x-{n}: {'y' * 100}\r\n" for n in range(200)))
        assert connection.response().status == 200


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory, shared_upstream: Upstream) -> Iterator[Gateway]:
    """A gateway with little patience and few connections."""
    server = {
        "client_timeout": "300ms",
        "keep_alive_timeout": "400ms",
        "max_connections": 20,
        "max_body_bytes": "64KiB",
    }
    config = upstream_config(shared_upstream, server=server)
    running = Gateway(tmp_path_factory.mktemp("hasty"), config).start()
    yield running
    assert running.stop() == 0


def test_a_head_that_does_not_end_in_time(hasty: Gateway) -> None:
    with Connection(hasty) as connection:
        connection.send(b"POST /mlflow/v1/chat/completions HTTP/1.1\r\nhost: x\r\n")
        assert connection.response().status == 408
        assert connection.ended()


def test_a_head_that_drips(hasty: Gateway) -> None:
    with Connection(hasty) as connection:
        head = iter(b"POST / HTTP/1.1\r\nhost: x\r\n" + b"x: y\r\n" * 1000)
        try:
            for byte in head:
                connection.send(bytes([byte]))
                time.sleep(0.02)
        except ConnectionError:
            pass
        assert next(head, None) is not None, "a head that drips was waited for"


def test_a_body_that_does_not_end_in_time(hasty: Gateway, shared_upstream: Upstream) -> None:
    shared_upstream.reset()
    for framing in ("content-length: 500\r\n", "transfer-encoding: chunked\r\n"):
        with Connection(hasty) as connection:
            connection.send(connection.head(CHAT, framing) + b"2")
            response = connection.response()
            assert response.status == 408
            assert response.json["error_code"] == "DEADLINE_EXCEEDED"
            assert connection.ended()
    assert not shared_upstream.requests


def test_a_large_body_that_keeps_coming_is_taken_however_long_it_takes(
    hasty: Gateway, shared_upstream: Upstream
) -> None:
    shared_upstream.reset()
    body = ASK[:-1] + b', "x": "' + b"y" * 60_000 + b'"}'
    with Connection(hasty) as connection:
        connection.send(connection.head(CHAT, f"content-length: {len(body)}\r\n"))
        for start in range(0, len(body), 6000):
            connection.send(body[start : start + 6000])
            time.sleep(0.1)
        assert connection.response().status == 200


def test_a_body_that_drips_is_not_waited_for(hasty: Gateway, shared_upstream: Upstream) -> None:
    shared_upstream.reset()
    with Connection(hasty) as connection:
        connection.send(connection.head(CHAT, "content-length: 5000\r\n"))
        sent = 0
        try:
            while sent < 1000:
                connection.send(b" ")
                sent += 1
                time.sleep(0.02)
        except ConnectionError:
            pass
        assert sent < 1000, "a body that drips was waited for"
    assert not shared_upstream.requests


def test_an_idle_connection_is_closed(hasty: Gateway) -> None:
    with Connection(hasty) as fresh, Connection(hasty) as used:
        used.request(CHAT, ASK)
        assert used.response().status == 200
        assert used.ended() and used.buffer == b""
        assert fresh.ended()


def test_a_stream_is_not_cut_by_the_time_outs_of_clients(hasty: Gateway, shared_upstream: Upstream) -> None:
    shared_upstream.reset()

    async def slow(exchange: Exchange) -> None:
        await exchange.begin_stream()
        for event in bodies.chat_events(usage=False):
            await exchange.chunk(bodies.data(event))
            await asyncio.sleep(0.15)
        await exchange.end_stream()

    shared_upstream.script(slow)
    with Connection(hasty) as connection:
        connection.request(CHAT, b'{"model": "test.ai.openai", "messages": [], "stream": true}')
        assert connection.response().body == bodies.chat_stream(usage=False)


def test_more_connections_than_allowed_are_closed_and_room_is_made_again(hasty: Gateway) -> None:
    def served(connection: Connection) -> bool:
        try:
            connection.request("/health", b"", method="GET")
            return connection.response().status == 200
        except (ConnectionError, EOFError):
            return False

    held = [Connection(hasty) for _ in range(30)]
    alive = sum(served(connection) for connection in held)
    assert alive <= 20
    for connection in held:
        connection.socket.close()

    def free() -> Any:
        with Connection(hasty) as connection:
            return served(connection)

    wait_until(free, "there is room again")


def test_the_bound_of_the_configuration_holds_for_bodies(hasty: Gateway) -> None:
    response = hasty.post(CHAT, b'{"model": "test.ai.openai", "messages": [], "x": "' + b"y" * 70_000 + b'"}')
    assert response.status_code == 413


def test_all_bodies_together_are_bounded(launch: Any, upstream: Upstream) -> None:
    server = {"max_body_bytes": "64KiB", "max_body_bytes_in_flight": "64KiB"}
    gateway: Gateway = launch(upstream_config(upstream, server=server))
    body = ASK[:-1] + b', "x": "' + b"y" * 40_000 + b'"}'
    with Connection(gateway) as first, Connection(gateway) as second:
        first.send(first.head(CHAT, f"content-length: {len(body)}\r\n") + body[:30_000])
        # The second is refused as soon as the first one's place is taken, and served once it is free.
        wait_until(lambda: gateway.post(CHAT, body).status_code == 503, "a body that finds no place is refused")
        second.send(second.head(CHAT, f"content-length: {len(body)}\r\n"))
        refused = second.response()
        assert refused.status == 503 and refused.json["error_code"] == "TEMPORARILY_UNAVAILABLE"
        assert gateway.post(CHAT, ASK).status_code == 200, "a small body still finds a place"
        first.send(body[30_000:])
        assert first.response().status == 200
    wait_until(lambda: gateway.post(CHAT, body).status_code == 200, "there is room again")


def test_memory_is_given_back_after_large_bodies(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    body = b'{"model": "test.ai.openai", "messages": [], "x": "' + b"y" * (8 << 20) + b'"}'

    def work(_: int) -> list[int]:
        with gateway.client() as client:
            return [client.post(CHAT, content=body).status_code for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        assert [status for statuses in pool.map(work, range(8)) for status in statuses] == [200] * 40
    upstream.reset()

    def resident() -> int:
        status = Path(f"/proc/{gateway.process.pid}/status").read_text()  # type: ignore[union-attr]
        return int(status.split("VmRSS:")[1].split()[0]) // 1024

    wait_until(lambda: resident() < 128, "less than 128 MiB are resident again")
