# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Usage rows survive: all of them a graceful stop, all but those of the last 100 ms a `kill -9`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
from config import upstream_config
from gateway import Gateway
from upstream import Upstream

CHAT = "/mlflow/v1/chat/completions"
#: What the contract allows a `kill -9` to lose, in seconds.
LOST = 0.1


def hammer(gateway: Gateway, seconds: float, clients: int = 4) -> dict[str, float]:
    """Calls from several clients until the gateway is gone; when each answer had arrived, by request id."""
    answered: dict[str, float] = {}
    end = time.monotonic() + seconds

    def work() -> None:
        body = {"model": "test.ai.openai", "messages": [{"role": "user", "content": "Hello!"}]}
        try:
            with gateway.client() as client:
                while time.monotonic() < end:
                    response = client.post(CHAT, json=body)
                    if response.status_code == 200:
                        answered[response.headers["x-request-id"]] = time.monotonic()
        except httpx.TransportError:
            pass

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answered


def stored(gateway: Gateway) -> set[str]:
    return {row["request_id"] for row in gateway.sql("SELECT request_id FROM system.ai_gateway.usage")}


def test_a_graceful_stop_loses_nothing(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream))
    timer = threading.Timer(1.0, gateway.stop)
    timer.start()
    answered = hammer(gateway, 5)
    timer.join()
    assert gateway.process and gateway.process.returncode == 0, gateway.output
    assert len(answered) > 50
    missing = answered.keys() - stored(gateway)
    assert not missing, f"{len(missing)} of {len(answered)} rows are missing"


def test_kill_9_loses_at_most_the_last_100_ms(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream))
    killed = 0.0

    def kill() -> None:
        nonlocal killed
        killed = time.monotonic()
        gateway.kill()

    timer = threading.Timer(1.5, kill)
    timer.start()
    answered = hammer(gateway, 5)
    timer.join()
    safe = {request for request, when in answered.items() if when < killed - LOST}
    assert len(safe) > 50
    missing = safe - stored(gateway)
    assert not missing, f"{len(missing)} of {len(safe)} rows older than {LOST} s are missing"

    # What is on disk is whole: the gateway starts on it again and goes on.
    again = gateway.start()
    body: Any = {"model": "test.ai.openai", "messages": [{"role": "user", "content": "Hello!"}]}
    response = again.post(CHAT, body)
    again.usage(f"request_id = '{response.headers['x-request-id']}'")
    assert safe <= stored(again)


def test_rows_and_tokens_are_there_after_a_restart(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch(
        upstream_config(
            upstream,
            grants=[{"principal": "account users", "privileges": ["ALL_PRIVILEGES"], "on": {"catalog": "test"}}],
        )
    )
    token = gateway.create_token("dora@example.com")
    body = {"model": "test.ai.openai", "messages": [{"role": "user", "content": "Hello!"}]}
    headers = {"Authorization": f"Bearer {token}"}
    first = gateway.post(CHAT, body, headers=headers)
    assert first.status_code == 200, first.text
    assert gateway.stop() == 0
    gateway.start()
    second = gateway.post(CHAT, body, headers=headers)
    assert second.status_code == 200, second.text
    rows = gateway.usage("requester = 'dora@example.com' AND status_code = 200", count=2)
    assert [row["request_id"] for row in rows] == [r.headers["x-request-id"] for r in (first, second)]
