# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Streams: usage that is asked for behind the client's back, early ends, errors under way, every way to cut bytes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import bodies
import pytest
from bodies import TEXT
from gateway import Gateway, wait_until
from rawhttp import Connection
from upstream import Exchange, Upstream

MLFLOW = "/mlflow/v1/chat/completions"
OPENAI = "/openai/v1/chat/completions"


def ask(service: str, **more: Any) -> dict[str, Any]:
    return {
        "model": service,
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "Hello!"}],
        "stream": True,
        **more,
    }


def events(content: bytes) -> list[Any]:
    """The data of every event, parsed where it is JSON."""
    found = []
    for block in content.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        lines = [line[5:].lstrip() for line in block.split("\n") if line.startswith("data:")]
        if lines:
            text = "\n".join(lines)
            found.append(text if text == "[DONE]" else json.loads(text))
    return found


def text_of(content: bytes) -> str:
    return "".join(
        choice["delta"].get("content") or ""
        for event in events(content)
        if event != "[DONE]"
        for choice in event["choices"]
    )


def test_usage_is_asked_for_and_hidden_where_the_client_did_not_ask(relay: Gateway, scripted: Upstream) -> None:
    response = relay.post(OPENAI, ask("test.ai.openai"))
    assert scripted.request.json["stream_options"] == {"include_usage": True}
    # Nothing but the spliced members differs from what the client sent.
    sent = scripted.request.json
    del sent["stream_options"]
    assert sent == {**ask("test.ai.openai"), "model": "upstream-openai"}
    assert response.content == bodies.chat_stream(usage=False)


def test_usage_is_hidden_also_where_the_client_declined_it(relay: Gateway, scripted: Upstream) -> None:
    response = relay.post(OPENAI, ask("test.ai.openai", stream_options={"include_usage": False, "other": 1}))
    assert scripted.request.json["stream_options"] == {"include_usage": True, "other": 1}
    assert response.content == bodies.chat_stream(usage=False)


def test_usage_is_shown_where_the_client_asked(relay: Gateway, scripted: Upstream) -> None:
    body = json.dumps(ask("test.ai.openai", stream_options={"include_usage": True}))
    response = relay.post(OPENAI, body)
    assert scripted.request.body == body.replace("test.ai.openai", "upstream-openai").encode()
    assert response.content == bodies.chat_stream(usage=True)


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_every_chunk_of_the_mlflow_route_has_usage(relay: Gateway, scripted: Upstream, size: int) -> None:
    scripted.answer_stream(bodies.chat_stream(usage=True), size)
    response = relay.post(MLFLOW, ask("test.ai.openai"))
    *chunks, done = events(response.content)
    assert done == "[DONE]"
    assert all("usage" in chunk for chunk in chunks)
    assert chunks[-1]["usage"] == bodies.OPENAI_CHAT["usage"]
    # But for the usage, each chunk is the upstream's.
    upstream = events(bodies.chat_stream(usage=True))[:-1]
    without = [{key: value for key, value in chunk.items() if key != "usage"} for chunk in chunks]
    assert without == [{key: value for key, value in chunk.items() if key != "usage"} for chunk in upstream]


STREAMS = {
    "test.ai.openai": bodies.chat_stream(),
    "test.ai.anthropic": bodies.anthropic_stream(),
    "test.ai.gemini": bodies.gemini_stream(),
}


@pytest.mark.parametrize("size", [1, 2, 3, 5, 11, 61, 4096])
@pytest.mark.parametrize("service", STREAMS)
def test_the_text_is_the_same_however_the_upstream_cuts_it(
    relay: Gateway, scripted: Upstream, service: str, size: int
) -> None:
    scripted.answer_stream(STREAMS[service], size)
    response = relay.post(MLFLOW, ask(service))
    assert response.status_code == 200, response.text
    assert text_of(response.content) == TEXT
    assert events(response.content)[-1] == "[DONE]"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("service", STREAMS)
def test_every_kind_of_line_end_and_comments(relay: Gateway, scripted: Upstream, service: str, end: bytes) -> None:
    stream = b": hello\n\n" + STREAMS[service].replace(b"\n\n", b"\n\n: ping\n\n").replace(b"data: ", b"data:")
    scripted.answer_stream(stream.replace(b"\n", end), 13)
    assert text_of(relay.post(MLFLOW, ask(service)).content) == TEXT


@pytest.mark.parametrize("service", STREAMS)
@pytest.mark.parametrize("way", ["in order", "reset", "cut inside an event"])
def test_a_stream_that_ends_early_never_looks_complete(
    relay: Gateway, scripted: Upstream, service: str, way: str
) -> None:
    stream = STREAMS[service]

    async def end_early(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.chunk(stream[: len(stream) // 2])
        if way == "in order":
            await exchange.end_stream()
        elif way == "reset":
            exchange.abort()
        else:
            exchange.close()

    scripted.script(end_early)
    with Connection(relay) as connection:
        connection.request(MLFLOW, ask(service))
        try:
            response = connection.response()
        except EOFError:
            return  # Without the last chunk no client takes it for whole.
    content = response.body
    if response.status != 200:  # Nothing of it had gone out yet.
        assert response.status == 502 and response.json["error_code"]
        return
    assert b"[DONE]" not in content
    last = events(content)[-1]
    assert "error" in last and last["error"]["message"]


@pytest.mark.parametrize(
    ("path", "service", "reason"),
    [
        ("/anthropic/v1/messages", "test.ai.anthropic", b"event: message_delta"),
        ("/openai/v1/responses", "test.ai.openai", b"event: response.completed"),
    ],
)
def test_a_relayed_stream_that_ends_early_never_looks_complete(
    relay: Gateway, scripted: Upstream, path: str, service: str, reason: bytes
) -> None:
    """The reason is the end (stream-20); whatever lacks it was cut."""
    stream = bodies.anthropic_stream() if "anthropic" in path else bodies.responses_stream()

    async def end_early(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.chunk(stream[: stream.rindex(reason)])
        await exchange.end_stream()

    scripted.script(end_early)
    with Connection(relay) as connection:
        connection.request(path, ask(service, input="x"))
        try:
            response = connection.response()
        except EOFError:
            return
    if response.status != 200:
        assert response.status == 502 and response.json["error_code"]
        return
    last = events(response.body)[-1]
    assert last["type"] in ("error", "response.failed"), last


@pytest.mark.parametrize(
    ("service", "event"),
    [
        ("test.ai.openai", bodies.data({"error": {"message": "It broke.", "type": "server_error", "code": None}})),
        (
            "test.ai.anthropic",
            bodies.named([{"type": "error", "error": {"type": "overloaded_error", "message": "It broke."}}]),
        ),
        ("test.ai.gemini", bodies.data({"error": {"code": 503, "message": "It broke.", "status": "UNAVAILABLE"}})),
    ],
)
def test_an_error_inside_a_stream_arrives_as_an_error(
    relay: Gateway, scripted: Upstream, service: str, event: bytes
) -> None:
    stream = STREAMS[service]
    half = stream[: stream.index(b"\n\n", len(stream) // 2) + 2]
    scripted.answer_stream(half + event)
    content = relay.post(MLFLOW, ask(service)).content
    assert b"It broke." in content
    assert "error" in [event for event in events(content) if event != "[DONE]"][-1]


def test_each_event_is_sent_on_when_it_comes(relay: Gateway, scripted: Upstream) -> None:
    for service, stream in STREAMS.items():
        scripted.reset()
        parts = [part + b"\n\n" for part in stream.split(b"\n\n") if part]
        seen: list[bool] = []

        async def one_by_one(exchange: Exchange, parts: list[bytes] = parts, seen: list[bool] = seen) -> None:
            await exchange.begin_stream()
            # The rest comes only when the client has seen the first text.
            for part in parts[: len(parts) // 2]:
                await exchange.chunk(part)
            while not seen:
                await asyncio.sleep(0.005)
            for part in parts[len(parts) // 2 :]:
                await exchange.chunk(part)
            await exchange.end_stream()

        scripted.script(one_by_one)
        with Connection(relay) as connection:
            connection.request(MLFLOW, ask(service))
            connection.until(TEXT[:4].encode()[:3])
            seen.append(True)
            connection.until(b"0\r\n\r\n")


def test_the_head_of_a_stream_is_sent_before_its_end(relay: Gateway, scripted: Upstream) -> None:
    async def wait(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.chunk(bodies.data(bodies.chat_events(False)[1]))
        await exchange.closed.wait()

    scripted.script(wait)
    with Connection(relay) as connection:
        connection.request(OPENAI, ask("test.ai.openai"))
        head = connection.response_head()
        assert head.status == 200
        assert head.headers["content-type"].startswith("text/event-stream")
        assert "content-length" not in head.headers
        connection.until(b"\n\n")
    wait_until(lambda: scripted.exchanges[0].closed.is_set(), "the upstream is cancelled")


def test_a_stream_of_many_events_is_whole(relay: Gateway, scripted: Upstream) -> None:
    text = "".join(f"word{number} " for number in range(20_000))
    scripted.answer_stream(bodies.chat_stream(text=text), 100_003)
    assert text_of(relay.post(MLFLOW, ask("test.ai.openai")).content) == text
    scripted.answer_stream(bodies.anthropic_stream(text=text), 100_003)
    assert text_of(relay.post(MLFLOW, ask("test.ai.anthropic")).content) == text


def test_an_event_that_never_ends_is_not_kept(relay: Gateway, scripted: Upstream) -> None:
    async def endless(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.chunk(b"data: ")
        while not exchange.closed.is_set() and exchange.sent < 1 << 30:
            await exchange.chunk(b"x" * (1 << 20))

    scripted.script(endless)
    with Connection(relay) as connection:
        connection.request(MLFLOW, ask("test.ai.anthropic"))
        assert connection.response().status == 502
    assert scripted.exchanges[0].sent < 1 << 30
    assert relay.get("/health").status_code == 200
