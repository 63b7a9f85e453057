# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Destinations by percentage, and fallbacks where a destination fails before its answer has begun."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import bodies
import pytest
from config import upstream_config
from gateway import Gateway
from upstream import Exchange, Upstream

CHAT = "/mlflow/v1/chat/completions"
PRIMARY, SECOND, THIRD = "test.providers.openai", "test.providers.anthropic", "test.providers.gemini"


def config(upstream: Upstream) -> dict[str, Any]:
    """`test.ai.main` goes to OpenAI, then to Anthropic, then to Gemini."""
    made = upstream_config(upstream)
    made["model_services"]["test.ai.main"] = {
        "destinations": [{"provider": PRIMARY, "model": "first", "traffic_percentage": 100}],
        "fallback": [{"provider": SECOND, "model": "second"}, {"provider": THIRD, "model": "third"}],
    }
    return made


def ask(stream: bool = False) -> dict[str, Any]:
    return {
        "model": "test.ai.main",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "Hello!"}],
        "stream": stream,
    }


def fail(upstream: Upstream, failing: dict[str, str | bytes]) -> None:
    """Destinations, by a part of their path, that answer with a status, an event stream, or not at all."""

    async def script(exchange: Exchange) -> None:
        for part, answer in failing.items():
            if exchange.request.target.startswith(part):
                if isinstance(answer, bytes):
                    return await exchange.stream(answer)
                if answer == "hang up":
                    return exchange.abort()
                return await exchange.respond({"error": {"message": "No.", "type": "x"}}, answer)
        await bodies.answer(exchange)

    upstream.script(script)


def attempts(gateway: Gateway, response: Any) -> list[tuple[int, str, str, int]]:
    [row] = gateway.usage(f"request_id = '{response.headers['x-request-id']}'")
    found = json.loads(row["routing_information"])["attempts"]
    return [(a["priority"], a["action"], a["destination"].split("/")[1], a["status_code"]) for a in found]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("failure", ["429 Slow", "500 Broken", "503 Down", "529 Overloaded", "401 Denied", "hang up"])
def test_the_next_destination_answers(launch: Any, upstream: Upstream, failure: str, stream: bool) -> None:
    gateway: Gateway = launch(config(upstream))
    fail(upstream, {"/openai": failure})
    response = gateway.post(CHAT, ask(stream))
    assert response.status_code == 200, response.text
    first, second = attempts(gateway, response)
    assert first[:3] == (1, "ROUTE", "first") and first[3] >= 400
    assert second == (2, "FALLBACK", "second", 200)
    [row] = gateway.usage(f"request_id = '{response.headers['x-request-id']}'")
    assert row["destination_model"] == "second"


def test_the_last_destination_answers_or_its_error_is_the_answer(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(config(upstream))
    fail(upstream, {"/openai": "500 Broken", "/anthropic": "429 Slow"})
    response = gateway.post(CHAT, ask())
    assert response.status_code == 200, response.text
    assert [attempt[2] for attempt in attempts(gateway, response)] == ["first", "second", "third"]
    fail(upstream, {"/openai": "500 Broken", "/anthropic": "500 Broken", "/gemini": "429 Slow"})
    response = gateway.post(CHAT, ask())
    assert response.status_code == 429
    assert len(attempts(gateway, response)) == 3


@pytest.mark.parametrize("failure", ["400 Bad", "404 Missing", "413 Large", "422 Odd"])
def test_what_the_caller_did_wrong_is_not_tried_elsewhere(launch: Any, upstream: Upstream, failure: str) -> None:
    gateway: Gateway = launch(config(upstream))
    fail(upstream, {"/openai": failure})
    response = gateway.post(CHAT, ask())
    assert response.status_code == int(failure[:3])
    assert len(upstream.requests) == 1


def test_an_overload_that_comes_as_the_first_event_of_a_stream_is_tried_elsewhere(
    launch: Any, upstream: Upstream
) -> None:
    made = config(upstream)
    destinations = made["model_services"]["test.ai.main"]
    destinations["destinations"][0]["provider"], destinations["fallback"][0]["provider"] = SECOND, PRIMARY
    gateway: Gateway = launch(made)
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    fail(upstream, {"/anthropic": bodies.named([error])})
    response = gateway.post(CHAT, ask(stream=True))
    assert response.status_code == 200, response.text
    assert "[DONE]" in response.text and "Overloaded" not in response.text
    assert len(upstream.requests) == 2


def test_a_stream_that_breaks_after_its_first_text_is_not_begun_again(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(config(upstream))
    half = bodies.chat_stream()[: len(bodies.chat_stream()) // 2]

    async def break_off(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.chunk(half)
        await exchange.chunk(b"\n\n")
        exchange.abort()

    upstream.script(break_off)
    with gateway.client() as client, client.stream("POST", CHAT, json=ask(stream=True)) as response:
        try:
            text = "".join(response.iter_text())
        except Exception as error:
            text = str(error)
    assert "[DONE]" not in text
    assert len(upstream.requests) == 1


def test_percentages_are_kept(launch: Any, upstream: Upstream) -> None:
    made = upstream_config(upstream)
    made["model_services"]["test.ai.split"] = {
        "destinations": [
            {"provider": PRIMARY, "model": "most", "traffic_percentage": 80},
            {"provider": "test.providers.custom", "model": "some", "traffic_percentage": 20},
            {"provider": "test.providers.custom", "model": "none", "traffic_percentage": 0},
        ]
    }
    gateway: Gateway = launch(made)
    with gateway.client() as client:
        for _ in range(500):
            assert client.post(CHAT, json={**ask(), "model": "test.ai.split"}).status_code == 200
    seen = Counter(request.json["model"] for request in upstream.requests)
    assert seen["none"] == 0
    assert 330 < seen["most"] < 470  # 400 expected, with a standard deviation of 9.
