# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Time-outs of model services, and retries: what callers get of an upstream that is slow or refuses for a moment."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import bodies
import httpx
import pytest
from config import upstream_config
from gateway import Gateway, wait_until
from test_routing import CHAT, PRIMARY, SECOND, ask, attempts, fail
from upstream import Exchange, Upstream

MESSAGES = "/anthropic/v1/messages"
STREAMS = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


def config(upstream: Upstream, fallback: bool = True, **more: Any) -> dict[str, Any]:
    """`test.ai.main` goes to OpenAI, then to Anthropic; `test.ai.claude` to Anthropic's two models."""
    made = upstream_config(upstream)
    for provider in (PRIMARY, SECOND):
        made["provider_services"][provider]["circuit_breaker"] = {"failures": 0}
    main = {"destinations": [{"provider": PRIMARY, "model": "first", "traffic_percentage": 100}], **more}
    claude = {"destinations": [{"provider": SECOND, "model": "first", "traffic_percentage": 100}], **more}
    if fallback:
        main["fallback"] = claude["fallback"] = [{"provider": SECOND, "model": "second"}]
    made["model_services"]["test.ai.main"], made["model_services"]["test.ai.claude"] = main, claude
    return made


def hang(upstream: Upstream, path: str = "/openai", first: bytes = b"", model: str = "") -> None:
    """Requests to a path (and model) are never answered, or with the beginning of a stream."""

    async def script(exchange: Exchange) -> None:
        if not exchange.request.target.startswith(path) or exchange.request.json.get("model") != (model or "first"):
            return await bodies.answer(exchange)
        if first:
            await exchange.begin_stream()
            await exchange.chunk(first)
        await exchange.closed.wait()

    upstream.script(script)


def closed(upstream: Upstream) -> None:
    """The gateway has closed the connection of the request that hung."""
    wait_until(lambda: upstream.exchanges[0].closed.is_set(), "the connection is closed")


def row(gateway: Gateway) -> dict[str, Any]:
    [found] = gateway.usage()
    return found


@STREAMS
def test_another_destination_answers_for_one_that_is_silent(launch: Any, upstream: Upstream, stream: bool) -> None:
    gateway: Gateway = launch(config(upstream, timeouts={"first_token": "300ms"}))
    hang(upstream)
    response = gateway.post(CHAT, ask(stream))
    assert response.status_code == 200, response.text
    assert attempts(gateway, response) == [(1, "ROUTE", "first", 504), (2, "FALLBACK", "second", 200)]
    closed(upstream)


@STREAMS
def test_a_silent_upstream_without_a_fallback_is_a_504(launch: Any, upstream: Upstream, stream: bool) -> None:
    gateway: Gateway = launch(config(upstream, fallback=False, timeouts={"first_token": "300ms"}))
    hang(upstream)
    response = gateway.post(CHAT, ask(stream))
    assert response.status_code == 504
    assert "did not respond in time" in response.text
    assert row(gateway)["status_code"] == 504
    closed(upstream)


def test_a_stream_that_begins_and_says_nothing_is_answered_by_another(launch: Any, upstream: Upstream) -> None:
    """errors-02: its beginning never reaches the client, so the answer has one."""
    gateway: Gateway = launch(config(upstream, timeouts={"first_token": "400ms"}))
    start = {"type": "message_start", "message": {**bodies.ANTHROPIC_MESSAGE, "content": [], "stop_reason": None}}
    hang(upstream, "/anthropic", bodies.named([start, {"type": "ping"}]))
    body = {**ask(True), "model": "test.ai.claude"}
    response = gateway.post(MESSAGES, body)
    assert response.status_code == 200, response.text
    assert response.text.count("event: message_start") == 1
    assert "message_stop" in response.text
    assert attempts(gateway, response) == [(1, "ROUTE", "first", 504), (2, "FALLBACK", "second", 200)]
    closed(upstream)


def test_pings_are_no_content(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(config(upstream, fallback=False, timeouts={"first_token": "500ms"}))

    async def ping(exchange: Exchange) -> None:
        await exchange.begin_stream()
        while not exchange.closed.is_set():
            await exchange.chunk(bodies.named([{"type": "ping"}]))
            await asyncio.sleep(0.05)

    upstream.script(ping)
    response = gateway.post(MESSAGES, {**ask(True), "model": "test.ai.claude"})
    assert "did not begin its response in time" in response.text
    assert row(gateway)["status_code"] == 504


@pytest.mark.parametrize("timeout", ["idle", "total"])
def test_a_stream_that_stops_after_content_ends_with_an_error(launch: Any, upstream: Upstream, timeout: str) -> None:
    gateway: Gateway = launch(config(upstream, timeouts={"first_token": "30s", timeout: "700ms"}))
    whole = bodies.chat_stream()
    hang(upstream, first=whole[: len(whole) // 2].rpartition(b"\n\n")[0] + b"\n\n")
    response = gateway.post(CHAT, ask(True))
    assert response.status_code == 200
    assert "[DONE]" not in response.text and "in time" in response.text
    found = row(gateway)
    assert found["status_code"] == 504
    assert len(json.loads(found["routing_information"])["attempts"]) == 1
    closed(upstream)


def test_the_total_time_ends_a_stream_that_goes_on(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(config(upstream, timeouts={"total": "600ms"}))
    event = bodies.chat_stream().split(b"\n\n")[1] + b"\n\n"

    async def drip(exchange: Exchange) -> None:
        await exchange.begin_stream()
        while not exchange.closed.is_set():
            await exchange.chunk(event)
            await asyncio.sleep(0.05)

    upstream.script(drip)
    response = gateway.post(CHAT, ask(True))
    assert "did not end its response in time" in response.text
    assert row(gateway)["status_code"] == 504


@STREAMS
def test_the_total_time_is_that_of_all_attempts(launch: Any, upstream: Upstream, stream: bool) -> None:
    gateway: Gateway = launch(config(upstream, timeouts={"total": "500ms"}))
    hang(upstream)
    response = gateway.post(CHAT, ask(stream))
    assert response.status_code == 504
    assert "timeouts.total" in response.text
    assert len(upstream.requests) == 1
    closed(upstream)


def test_requests_after_a_time_out_are_not_affected(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(config(upstream, fallback=False, timeouts={"first_token": "300ms", "total": "20s"}))
    hang(upstream)
    with gateway.client() as client:
        assert client.post(CHAT, json=ask()).status_code == 504
        upstream.script(bodies.answer)
        for _ in range(5):
            assert client.post(CHAT, json=ask()).status_code == 200
        time.sleep(0.6)
        assert client.post(CHAT, json=ask()).status_code == 200


# Retries.

RETRIES = {"attempts": 2, "backoff": "20ms"}


def fail_first(upstream: Upstream, count: int, status: str | bytes, headers: str = "") -> None:
    """The first requests to OpenAI fail."""
    left = [count]

    async def script(exchange: Exchange) -> None:
        if exchange.request.target.startswith("/openai") and left[0] > 0:
            left[0] -= 1
            if isinstance(status, bytes):
                return await exchange.stream(status)
            if status == "hang up":
                return exchange.abort()
            return await exchange.respond({"error": {"message": "No.", "type": "x"}}, status, headers)
        await bodies.answer(exchange)

    upstream.script(script)


@STREAMS
@pytest.mark.parametrize("status", ["429 Slow", "502 Bad", "503 Down", "504 Late", "529 Overloaded"])
def test_a_destination_that_refuses_for_a_moment_is_asked_again(
    launch: Any, upstream: Upstream, status: str, stream: bool
) -> None:
    gateway: Gateway = launch(config(upstream, retries=RETRIES))
    fail_first(upstream, 2, status)
    response = gateway.post(CHAT, ask(stream))
    assert response.status_code == 200, response.text
    found = attempts(gateway, response)
    assert [a[:3] for a in found] == [(1, "ROUTE", "first"), (2, "RETRY", "first"), (3, "RETRY", "first")]
    assert [a[3] >= 400 for a in found] == [True, True, False]
    bodies_sent = {request.body for request in upstream.requests}
    assert len(bodies_sent) == 1


def test_after_the_retries_comes_the_fallback(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(config(upstream, retries=RETRIES))
    fail(upstream, {"/openai": "503 Down"})
    response = gateway.post(CHAT, ask())
    assert [a[1] for a in attempts(gateway, response)] == ["ROUTE", "RETRY", "RETRY", "FALLBACK"]


@pytest.mark.parametrize("status", ["500 Broken", "hang up"])
@pytest.mark.parametrize("unsafe", [False, True])
def test_what_an_upstream_may_have_worked_on_is_not_sent_again(
    launch: Any, upstream: Upstream, status: str, unsafe: bool
) -> None:
    retries = {**RETRIES, "retry_unsafe": unsafe}
    gateway: Gateway = launch(config(upstream, fallback=False, retries=retries))
    fail_first(upstream, 1, status)
    response = gateway.post(CHAT, ask())
    assert response.status_code == (200 if unsafe else 502)
    assert len(upstream.requests) == (2 if unsafe else 1)


def test_a_connection_that_is_refused_is_tried_again(launch: Any, upstream: Upstream) -> None:
    made = config(upstream, fallback=False, retries=RETRIES)
    made["provider_services"][PRIMARY]["base_url"] = "http://127.0.0.1:1/v1"
    gateway: Gateway = launch(made)
    response = gateway.post(CHAT, ask())
    assert response.status_code == 502
    assert [a[1] for a in attempts(gateway, response)] == ["ROUTE", "RETRY", "RETRY"]


@pytest.mark.parametrize("status", ["503 Down", "429 Slow"])
def test_nothing_is_sent_again_by_default(launch: Any, upstream: Upstream, status: str) -> None:
    gateway: Gateway = launch(config(upstream, fallback=False))
    fail(upstream, {"/openai": status})
    assert gateway.post(CHAT, ask()).status_code == int(status[:3])
    assert len(upstream.requests) == 1


def test_a_destination_that_asks_for_much_time_is_not_asked_again(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(config(upstream, retries=RETRIES))
    fail_first(upstream, 9, "429 Slow", "retry-after: 60\r\n")
    response = gateway.post(CHAT, ask())
    assert [a[1] for a in attempts(gateway, response)] == ["ROUTE", "FALLBACK"]


def test_retry_after_is_waited_for(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(config(upstream, retries=RETRIES))
    fail_first(upstream, 1, "429 Slow", "retry-after: 1\r\n")
    begin = time.monotonic()
    response = gateway.post(CHAT, ask())
    assert time.monotonic() - begin >= 1
    assert [a[1] for a in attempts(gateway, response)] == ["ROUTE", "RETRY"]


def test_an_overload_as_the_first_event_of_a_stream_is_retried(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(config(upstream, fallback=False, retries=RETRIES))
    error = {"error": {"message": "Overloaded", "type": "overloaded_error", "code": 503}}
    fail_first(upstream, 1, b"data: " + json.dumps(error).encode() + b"\n\n")
    response = gateway.post(CHAT, ask(True))
    assert "[DONE]" in response.text, response.text
    assert [a[1] for a in attempts(gateway, response)] == ["ROUTE", "RETRY"]


def test_a_client_that_leaves_ends_the_retries(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(
        config(upstream, fallback=False, retries={"attempts": 9, "backoff": "1h", "maximum_backoff": "1h"})
    )
    fail(upstream, {"/openai": "503 Down"})
    with gateway.client() as client, pytest.raises(httpx.ReadTimeout):
        client.post(CHAT, json=ask(), timeout=0.5)
    assert row(gateway)["status_code"] == 499
    assert len(upstream.requests) == 1
