# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""SIGTERM: no new work, what is under way ends, the process exits with 0."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import Any

import bodies
import pytest
from config import upstream_config
from gateway import Gateway, wait_until
from rawhttp import Connection
from upstream import Exchange, Upstream

CHAT = "/openai/v1/chat/completions"
STREAM = {"model": "test.ai.openai", "messages": [], "stream": True}


def hold(upstream: Upstream) -> threading.Event:
    """Makes the upstream pause inside its stream until the event is set."""
    go_on = threading.Event()
    events = bodies.chat_events(usage=False)

    async def pause(exchange: Exchange) -> None:
        await exchange.begin_stream()
        for event in events[:3]:
            await exchange.chunk(bodies.data(event))
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        for event in events[3:]:
            await exchange.chunk(bodies.data(event))
        await exchange.end_stream()

    upstream.script(pause)
    return go_on


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_a_stream_under_way_is_drained(launch: Any, upstream: Upstream, number: signal.Signals) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    go_on = hold(upstream)
    with Connection(gateway) as connection, Connection(gateway) as idle:
        connection.request(CHAT, STREAM)
        connection.until(b"\r\n\r\n")
        assert gateway.process
        gateway.process.send_signal(number)
        assert idle.ended(), "an idle connection is kept after the signal"
        with pytest.raises((ConnectionError, EOFError)), Connection(gateway) as late:
            late.request(CHAT, STREAM)
            late.response()
        assert gateway.running, "the process ended with a stream under way"
        go_on.set()
        rest = b""
        while b"[DONE]" not in rest:
            rest += connection.until(b"\n\n")
        assert gateway.process.wait(30) == 0
    row = gateway.sql("SELECT status_code FROM system.ai_gateway.usage")
    assert row == [{"status_code": 200}]


def test_a_stream_that_does_not_end_is_cut_after_the_time_allowed(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream, server={"shutdown_timeout": "500ms"}))
    hold(upstream)
    with Connection(gateway) as connection:
        connection.request(CHAT, STREAM)
        connection.until(b"\r\n\r\n")
        assert gateway.stop() == 0
        connection.ended()
        assert b"[DONE]" not in connection.buffer and b"0\r\n\r\n" not in connection.buffer
    upstream.wait(lambda: upstream.exchanges[0].closed.is_set(), "the upstream is cancelled")
    [row] = gateway.sql("SELECT status_code, service_name FROM system.ai_gateway.usage")
    assert row["service_name"] == "test.ai.openai"


def test_calls_under_way_end_and_their_rows_are_written(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    go_on = threading.Event()

    async def pause(exchange: Exchange) -> None:
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        await bodies.answer(exchange)

    upstream.script(pause)
    connections = [Connection(gateway) for _ in range(30)]
    for connection in connections:
        connection.request(CHAT, {"model": "test.ai.openai", "messages": []})
    upstream.wait(lambda: len(upstream.requests) == 30, "all calls go upstream")
    assert gateway.process
    gateway.process.send_signal(signal.SIGTERM)
    go_on.set()
    ids = set()
    for connection in connections:
        response = connection.response()
        assert response.status == 200
        ids.add(response.headers["x-request-id"])
        connection.socket.close()
    assert gateway.process.wait(30) == 0
    assert {row["request_id"] for row in gateway.sql("SELECT request_id FROM system.ai_gateway.usage")} == ids


def test_a_load_balancer_is_told_before_connections_are_refused(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream, server={"drain_delay": "3s"}))
    ask = {"model": "test.ai.openai", "messages": []}
    with Connection(gateway) as used, Connection(gateway) as idle:
        used.request(CHAT, ask)
        assert "connection" not in used.response().headers
        assert gateway.get("/ready").status_code == 200
        assert gateway.process
        gateway.process.send_signal(signal.SIGTERM)
        wait_until(lambda: gateway.get("/ready").status_code == 503, "it says that it is stopping")
        assert gateway.get("/ready").json()["reason"] == "The gateway is stopping."
        assert gateway.get("/health").status_code == 200
        # A connection is told with its next answer, and not cut; new ones are still served.
        used.request(CHAT, ask)
        response = used.response()
        assert response.status == 200 and response.headers["connection"] == "close"
        assert used.ended()
        assert gateway.post(CHAT, ask).status_code == 200
        assert gateway.process.wait(30) == 0
        assert idle.ended()


def test_a_second_signal_does_no_harm(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    assert gateway.process
    gateway.process.send_signal(signal.SIGTERM)
    gateway.process.send_signal(signal.SIGTERM)
    assert gateway.process.wait(30) == 0


def test_signals_and_pipes_that_break_do_not_end_the_process(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    assert gateway.process
    gateway.process.send_signal(signal.SIGPIPE)
    gateway.process.send_signal(signal.SIGHUP)
    assert gateway.post(CHAT, {"model": "test.ai.openai", "messages": []}).status_code == 200
