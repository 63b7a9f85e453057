# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Failures of counting: one usage for client and table, whatever the APIs on both sides, and however a call ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import bodies
import httpx
import pytest
from config import upstream_config
from gateway import Gateway
from test_failure_modes import CLIENTS, TEXT, UPSTREAMS, chat, contents, messages, parts_of, streamed
from test_failure_modes import four as four  # noqa: PLC0414 - a fixture
from test_failure_modes import script as script  # noqa: PLC0414 - a fixture
from upstream import Exchange, Upstream

every_pair = pytest.mark.parametrize("client", CLIENTS, ids=lambda one: one.__name__)
every_upstream = pytest.mark.parametrize("service", UPSTREAMS)

#: What each scripted upstream says that it counted: all input, of it read from a cache, output.
COUNTED = {
    "test.ai.openai": (11, 4, 7),
    "test.ai.custom": (11, 4, 7),
    "test.ai.anthropic": (11, 4, 7),
    "test.ai.gemini": (11, 0, 7),
}


def told(client: Any, text: str, stream: bool) -> tuple[int, int, int, int | None]:
    """All input, of it read from a cache, output, and the total where the API has one, as the client is told."""
    if stream:
        lines = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
        events = [json.loads(line) for line in lines if line != "[DONE]"]
    else:
        events = [json.loads(text)]
    usage: dict[str, Any] = {}
    for event in events:
        for place in (event, event.get("response") or {}, event.get("message") or {}):
            usage |= {key: value for key, value in (place.get("usage") or {}).items() if value is not None}
        usage |= event.get("usageMetadata") or {}
    if client is messages:
        read = usage.get("cache_read_input_tokens", 0)
        written = usage.get("cache_creation_input_tokens", 0)
        return usage["input_tokens"] + read + written, read, usage["output_tokens"], None
    if client is contents:
        output = usage.get("candidatesTokenCount", 0) + usage.get("thoughtsTokenCount", 0)
        return usage["promptTokenCount"], usage.get("cachedContentTokenCount", 0), output, usage["totalTokenCount"]
    if client is chat:
        details = usage.get("prompt_tokens_details") or {}
        return (
            usage["prompt_tokens"],
            details.get("cached_tokens") or 0,
            usage["completion_tokens"],
            usage["total_tokens"],
        )
    read = usage["input_tokens_details"]["cached_tokens"]
    return usage["input_tokens"], read, usage["output_tokens"], usage["total_tokens"]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@every_pair
@every_upstream
def test_the_client_is_told_what_the_table_says(
    four: Gateway, script: Upstream, client: Any, service: str, stream: bool
) -> None:
    """usage-11 usage-01 usage-04"""
    path, body = client(service, ["Hello!"])
    response = four.post(*(streamed(path, body) if stream else (path, body)))
    assert response.status_code == 200, response.text
    whole, read, output = COUNTED[service]
    said = told(client, response.text, stream)
    assert said[:3] == (whole, read, output)
    assert said[3] in (None, whole + output)
    [row] = four.usage(f"request_id = '{response.headers['x-request-id']}'")
    details = json.loads(row["token_details"] or "{}")
    assert (row["input_tokens"], row["output_tokens"], row["total_tokens"]) == (whole, output, whole + output)
    assert (details.get("cache_read_input_tokens") or 0) == read
    assert row["usage_source"] == "REPORTED"
    if service == "test.ai.anthropic":
        assert details["cache_creation_input_tokens"] == 2


@pytest.mark.parametrize("count", [2, 6])
@every_pair
@every_upstream
def test_a_client_that_leaves_pays_for_what_it_got(
    four: Gateway, script: Upstream, client: Any, service: str, count: int
) -> None:
    """usage-06"""
    marks = bodies.pieces(TEXT)
    parts = parts_of(service)
    words = [number for number, part in enumerate(parts) if any(mark.encode() in part for mark in marks)]

    async def wait(exchange: Exchange) -> None:
        await exchange.begin_stream()
        for part in parts[: words[count - 1] + 1]:
            await exchange.chunk(part)
        await exchange.closed.wait()

    script.script(wait)
    agent = f"leaver-{client.__name__}-{service}-{count}"
    path, body = streamed(*client(service, ["Hello!"]))
    with httpx.Client(base_url=four.url, headers={**four.bearer, "User-Agent": agent}) as http:
        with http.stream("POST", path, json=body) as response:
            seen = ""
            for text in response.iter_text():
                seen += text
                if marks[count - 1] in seen:
                    break
    [row] = four.usage(f"user_agent = '{agent}'")
    assert row["status_code"] == 499
    if service == "test.ai.gemini":  # It tells its figures with every piece.
        assert (row["usage_source"], row["output_tokens"]) == ("REPORTED", 7)
    else:
        assert row["usage_source"] == "ESTIMATED"
        assert row["output_tokens"] == (len("".join(marks[:count]).encode()) + 1) // 4
    assert row["input_tokens"] > 0


def test_chaos_leaves_as_many_rows_as_requests(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    """usage-09"""
    fates: list[str] = []

    async def chaos(exchange: Exchange) -> None:
        fate = fates[-1]
        if fate == "error":
            await exchange.respond({"error": {"message": "No.", "type": "server_error"}}, "500 Oops")
        elif fate == "refusal":
            await exchange.respond({"error": {"message": "No.", "type": "invalid_request_error"}}, "400 Bad Request")
        elif fate == "hang up":
            exchange.abort()
        elif fate == "garbage":
            await exchange.respond(b"<html>")
        elif fate == "cut":
            await exchange.begin_stream()
            await exchange.chunk(bodies.data({"choices": [{"index": 0, "delta": {"content": "a"}}]}))
            exchange.abort()
        elif fate == "abort":
            await exchange.begin_stream()
            await exchange.closed.wait()
        else:
            await bodies.answer(exchange)

    upstream.script(chaos)
    gateway = launch(upstream_config(upstream))
    kinds = ["plain", "error", "refusal", "hang up", "garbage", "cut", "abort", "no such model", "no JSON"]
    count = 0
    with gateway.client(headers={"User-Agent": "chaos"}) as client:
        for number in range(6 * len(kinds)):
            fates.append(kinds[number % len(kinds)])
            service = "no.such.model" if fates[-1] == "no such model" else list(UPSTREAMS)[number // len(kinds) % 4]
            path, body = CLIENTS[number % 3](service, ["Hello!"])
            if number % 2 or fates[-1] in ("cut", "abort"):
                path, body = streamed(path, body)
            content = b"{" if fates[-1] == "no JSON" else json.dumps(body).encode()
            count += 1
            try:
                client.post(path, content=content, timeout=0.3 if fates[-1] == "abort" else 10)
            except httpx.HTTPError:
                assert fates[-1] in ("abort", "cut", "garbage"), fates[-1]
    rows = gateway.usage("user_agent = 'chaos'", count=count, columns="request_id, status_code")
    assert len({row["request_id"] for row in rows}) == count
    assert {200, 400, 404, 499, 502} <= {row["status_code"] for row in rows}
