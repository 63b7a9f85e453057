# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Pains of gateways that need a gateway, a client and an upstream to be seen. Each test cites its pain's id."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import bodies
import pytest
from config import upstream_config
from gateway import Gateway
from rawhttp import Connection
from upstream import Exchange, Upstream

#: The service of each API at an upstream, and what it streams.
UPSTREAMS: dict[str, Callable[..., bytes]] = {
    "test.ai.openai": bodies.responses_stream,
    "test.ai.custom": bodies.chat_stream,
    "test.ai.anthropic": bodies.anthropic_stream,
    "test.ai.gemini": bodies.gemini_stream,
}

TEXT = "No two parts of these words are quite alike."


def chat(service: str, turns: list[str]) -> tuple[str, dict[str, Any]]:
    return "/mlflow/v1/chat/completions", {
        "model": service,
        "max_tokens": 64,
        "messages": [{"role": "system", "content": "Be terse."}, *alternate(turns, "assistant")],
    }


def responses(service: str, turns: list[str]) -> tuple[str, dict[str, Any]]:
    return "/openai/v1/responses", {
        "model": service,
        "instructions": "Be terse.",
        "input": alternate(turns, "assistant"),
        "store": False,
    }


def messages(service: str, turns: list[str]) -> tuple[str, dict[str, Any]]:
    return "/anthropic/v1/messages", {
        "model": service,
        "max_tokens": 64,
        "system": "Be terse.",
        "messages": alternate(turns, "assistant"),
    }


def contents(service: str, turns: list[str]) -> tuple[str, dict[str, Any]]:
    said = [{"role": m["role"], "parts": [{"text": m["content"]}]} for m in alternate(turns, "model")]
    body = {"systemInstruction": {"parts": [{"text": "Be terse."}]}, "contents": said}
    return f"/gemini/v1beta/models/{service}:generateContent", body


def alternate(turns: list[str], answerer: str) -> list[dict[str, str]]:
    """Texts as messages, those of the user first."""
    return [{"role": "user" if number % 2 == 0 else answerer, "content": text} for number, text in enumerate(turns)]


CLIENTS = [chat, responses, messages, contents]
every_pair = pytest.mark.parametrize("client", CLIENTS, ids=lambda one: one.__name__)
every_upstream = pytest.mark.parametrize("service", UPSTREAMS)


def streamed(path: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if path.startswith("/gemini"):
        return path.replace(":generateContent", ":streamGenerateContent") + "?alt=sse", body
    return path, {**body, "stream": True}


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory, shared_upstream: Upstream) -> Any:
    """A gateway whose upstreams speak each one API: OpenAI's responses, its chat, Anthropic's and Google's."""
    config = upstream_config(shared_upstream)
    for kind, api in (("openai", "openai/v1/responses"), ("custom", "openai/v1/chat/completions")):
        config["provider_services"][f"test.providers.{kind}"]["native_api_types"] = [api]
    for provider in config["provider_services"].values():
        provider["timeouts"] = {"idle": "1s"}
    running = Gateway(tmp_path_factory.mktemp("four"), config).start()
    yield running
    assert running.stop() == 0, running.output


@pytest.fixture
def script(shared_upstream: Upstream) -> Any:
    shared_upstream.reset()
    yield shared_upstream
    shared_upstream.reset()


def parts_of(service: str) -> list[bytes]:
    """The events of a stream of `TEXT`."""
    return [part + b"\n\n" for part in UPSTREAMS[service](text=TEXT).split(b"\n\n") if part]


@every_pair
@every_upstream
def test_each_piece_arrives_before_the_next_is_sent(four: Gateway, script: Upstream, client: Any, service: str) -> None:
    """S13 S14"""
    parts = parts_of(service)
    # Whoever waits for the next event, or for more bytes, waits for ever: the rest comes only when this is seen.
    marks = [piece.encode() for piece in bodies.pieces(TEXT)]
    seen = 0

    async def one_by_one(exchange: Exchange) -> None:
        await exchange.begin_stream()
        awaited = 0
        for part in parts:
            await exchange.chunk(part)
            if awaited < len(marks) and marks[awaited] in part:
                awaited += 1
                while seen < awaited and not exchange.closed.is_set():
                    await asyncio.sleep(0.002)
        await exchange.end_stream()

    script.script(one_by_one)
    path, body = streamed(*client(service, ["Hello!"]))
    with Connection(four) as connection:
        connection.request(path, body)
        assert connection.response_head().status == 200
        for mark in marks:
            connection.until(mark)
            seen += 1
        connection.until(b"\r\n0\r\n\r\n")


@every_upstream
def test_a_stream_may_last_longer_than_any_silence_in_it(four: Gateway, script: Upstream, service: str) -> None:
    """S15"""
    parts = parts_of(service)

    async def slow(exchange: Exchange) -> None:
        await exchange.begin_stream()
        for part in parts:
            await exchange.chunk(part)
            # Together longer than the idle timeout of 1 s; each far shorter.
            await asyncio.sleep(2 / len(parts))
        await exchange.end_stream()

    script.script(slow)
    response = four.post(*streamed(*chat(service, ["Hello!"])))
    assert response.status_code == 200
    assert response.text.rstrip().endswith("data: [DONE]")
    assert "error" not in response.text


@every_pair
@every_upstream
def test_the_prefix_stays_as_a_conversation_grows(four: Gateway, script: Upstream, client: Any, service: str) -> None:
    """A06"""
    turns: list[str] = []
    before = b""
    for number in range(10):
        turns.append(f'A "question" \\ {number} für Röhren 🚇 end-{number}')
        response = four.post(*client(service, turns))
        assert response.status_code == 200, response.text
        body = script.requests[-1].body
        if before:
            shared = len(os.path.commonprefix([before, body]))
            # All that the vendor caches of the turn before: its bytes up to the end of its last question.
            last = f"end-{number - 1}".encode()
            assert shared >= before.index(last) + len(last)
        before = body
        turns.append(f"answer-{number}")
