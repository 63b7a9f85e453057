# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Upstreams that fail in every way at random: each request ends, with one usage row, and nothing leaks."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import bodies
import httpx
from config import upstream_config
from gateway import Gateway, wait_until
from test_observability import metrics, total
from test_routing import CHAT, PRIMARY, SECOND, THIRD, ask
from upstream import Exchange, Upstream

#: The issue's scale is 10,000: `GATEHOUSE_RANDOM_REQUESTS=10000`.
COUNT = int(os.environ.get("GATEHOUSE_RANDOM_REQUESTS", "600"))
FAILURES = ["429", "500", "503", "529", "reset", "stall", "cut", "slow", "garbage", "stall in stream", "400"]


def config(upstream: Upstream) -> dict[str, Any]:
    made = upstream_config(upstream)
    for provider in (PRIMARY, SECOND, THIRD):
        made["provider_services"][provider]["circuit_breaker"] = {
            "failures": 4,
            "ejection": "200ms",
            "maximum_ejection": "1s",
        }
    made["model_services"]["test.ai.main"] = {
        "destinations": [
            {"provider": PRIMARY, "model": "first", "traffic_percentage": 60},
            {"provider": SECOND, "model": "second", "traffic_percentage": 40},
        ],
        "fallback": [{"provider": THIRD, "model": "third"}],
        "timeouts": {"first_token": "400ms", "idle": "400ms", "total": "5s"},
        "retries": {"attempts": 1, "backoff": "5ms"},
    }
    return made


def test_every_request_ends_and_leaves_one_row(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(config(upstream))
    chance = random.Random(12)
    hanging: list[Exchange] = []

    async def script(exchange: Exchange) -> None:
        failure = chance.choice(FAILURES) if chance.random() < 0.5 else ""
        if failure == "reset":
            exchange.abort()
        elif failure == "stall":
            hanging.append(exchange)
            await exchange.closed.wait()
        elif failure == "stall in stream":
            hanging.append(exchange)
            await exchange.begin_stream()
            await exchange.chunk(bodies.chat_stream()[:200])
            await exchange.closed.wait()
        elif failure == "cut":
            await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{")
            exchange.close()
        elif failure == "garbage":
            await exchange.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
            exchange.close()
        elif failure == "slow":
            await asyncio.sleep(0.2)
            await bodies.answer(exchange)
        elif failure:
            await exchange.respond({"error": {"message": "No.", "type": "x"}}, f"{failure} No")
        else:
            await bodies.answer(exchange)

    upstream.script(script)
    seen: Counter[int] = Counter()
    with gateway.client() as client, ThreadPoolExecutor(24) as threads:

        def send(number: int) -> tuple[str, int]:
            with client.stream("POST", CHAT, json=ask(stream=number % 3 == 0)) as response:
                # A whole answer that breaks off on its way is cut off for the client too.
                with contextlib.suppress(httpx.RemoteProtocolError):
                    response.read()
                return response.headers["x-request-id"], response.status_code

        answers = dict(threads.map(send, range(COUNT)))
    seen.update(answers.values())
    assert len(answers) == COUNT
    rows = gateway.usage(count=COUNT, columns="request_id, status_code")
    for row in rows:
        # What fails after its content was answered with 200.
        sent = answers[row["request_id"]]
        assert row["status_code"] == sent or sent == 200, row
    assert seen[200] > COUNT / 2, seen
    samples = metrics(gateway)
    assert total(samples, "gatehouse_requests_total") == COUNT
    wait_until(lambda: metrics(gateway)["gatehouse_usage_queue_depth"] == 0, "no place of a row is taken")
    assert metrics(gateway)["gatehouse_request_body_bytes"] == 0
    wait_until(lambda: all(exchange.closed.is_set() for exchange in hanging), "no connection is left hanging")
    upstream.script(bodies.answer)
    wait_until(lambda: recovers(gateway), "the primaries are back")


def recovers(gateway: Gateway) -> bool:
    """Sends a request, which may be a probe; whether both primaries are back."""
    response: httpx.Response = gateway.post(CHAT, ask())
    assert response.status_code == 200, response.text
    state = "gatehouse_circuit_breaker_state"
    samples = metrics(gateway)
    return all(total(samples, state, f'/{model}"') == 0 for model in ("first", "second"))
