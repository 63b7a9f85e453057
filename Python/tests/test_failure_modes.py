# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Failures that take a gateway, a client and an upstream to be seen. Each test cites an id of docs/failure-modes.md."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anthropic
import bodies
import openai
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
    """stream-13 stream-14"""
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
    """stream-15"""
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


def test_a_stream_of_more_than_15_seconds_is_no_fault(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    """stream-15: nothing but silence ends a stream by default; the four APIs at once, so that the wait is one."""
    seconds = 17.0

    async def slow(exchange: Exchange) -> None:
        [service] = [name for name in UPSTREAMS if exchange.request.target.startswith("/" + name.split(".")[-1])]
        parts = parts_of(service)
        await exchange.begin_stream()
        for part in parts:
            await exchange.chunk(part)
            await asyncio.sleep(seconds / len(parts))
        await exchange.end_stream()

    upstream.script(slow)
    config = upstream_config(upstream)
    config["provider_services"]["test.providers.openai"]["native_api_types"] = ["openai/v1/responses"]
    gateway = launch(config)

    def ask(service: str) -> str:
        path, body = streamed(*chat(service, ["Hello!"]))
        with gateway.client() as client:
            return client.post(path, json=body, timeout=4 * seconds).text

    with ThreadPoolExecutor(len(UPSTREAMS)) as pool:
        for text in pool.map(ask, UPSTREAMS):
            assert text.rstrip().endswith("data: [DONE]") and "error" not in text, text


def last_error(client: Any, text: str) -> str | None:
    """What a stream's last event says went wrong, in the client's own dialect."""
    lines = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
    assert lines and "[DONE]" not in lines, text
    last = json.loads(lines[-1])
    if client is responses:
        if last["type"] == "error":
            return last["message"]
        failed = [event for event in map(json.loads, lines) if event.get("type") == "response.failed"]
        return failed[-1]["response"]["error"]["message"] if failed else None
    if client is messages:
        assert "event: error" in text, text
    return last["error"]["message"] if "error" in last else None


@every_pair
@every_upstream
def test_an_upstream_that_falls_silent_is_an_error_in_the_clients_words(
    four: Gateway, script: Upstream, client: Any, service: str
) -> None:
    """stream-16"""
    parts = parts_of(service)

    async def stall(exchange: Exchange) -> None:
        await exchange.begin_stream()
        for part in parts[: len(parts) // 2]:
            await exchange.chunk(part)
        await exchange.closed.wait()

    script.script(stall)
    response = four.post(*streamed(*client(service, ["Hello!"])))
    assert response.status_code == 200
    assert bodies.pieces(TEXT)[0] in response.text
    assert last_error(client, response.text), response.text
    script.wait(lambda: script.exchanges[0].closed.is_set(), "the gateway hangs up")


#: How each upstream reports an error inside a stream.
ERRORS = {
    "test.ai.openai": bodies.named(
        [
            {
                "type": "response.failed",
                "response": {
                    **bodies.OPENAI_RESPONSE,
                    "status": "failed",
                    "output": [],
                    "error": {"code": "server_error", "message": "Boom 7."},
                },
            }
        ]
    ),
    "test.ai.custom": bodies.data({"error": {"message": "Boom 7.", "type": "server_error"}}),
    "test.ai.anthropic": bodies.named([{"type": "error", "error": {"type": "api_error", "message": "Boom 7."}}]),
    "test.ai.gemini": bodies.data({"error": {"code": 500, "message": "Boom 7.", "status": "INTERNAL"}}),
}


@pytest.mark.parametrize("count", [1, 3, 7])
@every_pair
@every_upstream
def test_an_error_after_some_words_is_told_in_the_clients_words(
    four: Gateway, script: Upstream, client: Any, service: str, count: int
) -> None:
    """stream-18"""
    marks = [piece.encode() for piece in bodies.pieces(TEXT)]
    parts = parts_of(service)
    words = [number for number, part in enumerate(parts) if any(mark in part for mark in marks)]
    script.answer_stream(b"".join(parts[: words[count - 1] + 1]) + ERRORS[service])
    response = four.post(*streamed(*client(service, ["Hello!"])))
    assert response.status_code == 200
    assert marks[count - 1].decode() in response.text and marks[count].decode() not in response.text
    assert last_error(client, response.text) == "Boom 7.", response.text


@every_upstream
def test_message_start_has_an_estimate_and_message_delta_the_figures(
    four: Gateway, script: Upstream, service: str
) -> None:
    """usage-12"""
    text = four.post(*streamed(*messages(service, ["Hello!"]))).text
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    [start] = [event["message"]["usage"] for event in events if event["type"] == "message_start"]
    [delta] = [event["usage"] for event in events if event["type"] == "message_delta"]
    assert start["input_tokens"] > 0
    assert delta["output_tokens"] == 7
    if service != "test.ai.anthropic":  # Relayed: Anthropic tells the input at the start alone.
        assert delta["input_tokens"] + (delta.get("cache_read_input_tokens") or 0) == 11


@every_pair
@every_upstream
def test_the_prefix_stays_as_a_conversation_grows(four: Gateway, script: Upstream, client: Any, service: str) -> None:
    """cache-01"""
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


@every_pair
def test_a_stream_of_messages_that_lacks_only_its_last_event_is_complete(
    four: Gateway, script: Upstream, client: Any
) -> None:
    """stream-20"""
    parts = parts_of("test.ai.anthropic")
    assert b"message_stop" in parts[-1] and b"stop_reason" in parts[-2]
    script.answer_stream(b"".join(parts[:-1]))
    response = four.post(*streamed(*client("test.ai.anthropic", ["Hello!"])))
    assert response.status_code == 200
    ends = {chat: "[DONE]", responses: "response.completed", messages: '"stop_reason"', contents: '"STOP"'}
    assert ends[client] in response.text, response.text
    assert not any(word in response.text for word in ("event: error", '"error":{', "response.failed")), response.text
    assert len(script.requests) == 1


def test_every_call_and_every_answer_of_a_conversation_has_an_id_of_its_own(four: Gateway, script: Upstream) -> None:
    """tools-15"""
    call = {"id": "call_0", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call, call]}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
    script.answer({"id": "chatcmpl-1", "object": "chat.completion", "model": "m", "choices": [choice]})
    turns: list[dict[str, Any]] = [{"role": "user", "content": "Go."}]
    answers: list[str] = []
    calls: list[str] = []
    for _ in range(4):
        body = {
            "model": "test.ai.custom",
            "max_tokens": 64,
            "tools": [{"name": "f", "input_schema": {"type": "object"}}],
            "messages": turns,
        }
        answer = four.post("/anthropic/v1/messages", body).json()
        answers.append(answer["id"])
        ids = [block["id"] for block in answer["content"]]
        calls += ids
        results = [{"type": "tool_result", "tool_use_id": id, "content": "done"} for id in ids]
        turns += [{"role": "assistant", "content": answer["content"]}, {"role": "user", "content": results}]
    assert len(set(answers)) == 4, answers
    assert len(calls) == len(set(calls)) == 8, calls
    # The last request has each of the earlier calls with its result.
    sent = script.requests[-1].json["messages"]
    assert [one["id"] for turn in sent for one in turn.get("tool_calls") or []] == calls[:6]
    assert [turn["tool_call_id"] for turn in sent if turn["role"] == "tool"] == calls[:6]


def test_ids_that_a_compatible_server_repeats_are_unique_in_its_own_api(
    launch: Callable[..., Gateway], upstream: Upstream
) -> None:
    """tools-15"""
    config = upstream_config(upstream)
    apis = ["openai/v1/chat/completions", "openai/v1/responses", "anthropic/v1/messages"]
    config["provider_services"]["test.providers.custom"]["native_api_types"] = apis
    gateway = launch(config)
    function = {"name": "f", "arguments": "{}"}
    call = {"id": "call_0", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [call, {**call}]}
    item = {"id": "fc_0", "type": "function_call", "call_id": "call_0", "status": "completed", **function}
    block = {"type": "tool_use", "id": "call_0", "name": "f", "input": {}}
    usage = {"input_tokens": 1, "output_tokens": 1}
    answers: dict[str, dict[str, Any]] = {
        "chat/completions": {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}],
        },
        "responses": {"id": "resp_0", "object": "response", "status": "completed", "output": [item, {**item}]},
        "messages": {
            "id": "msg_0",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [block, {**block}],
            "stop_reason": "tool_use",
            "usage": usage,
        },
    }

    async def serve(exchange: Exchange) -> None:
        await exchange.respond(answers[exchange.request.target.removeprefix("/custom/v1/")])

    upstream.script(serve)
    openai_sdk = openai.OpenAI(api_key=gateway.token, base_url=gateway.url + "/openai/v1", max_retries=0)
    claude = anthropic.Anthropic(api_key=gateway.token, base_url=gateway.url + "/anthropic", max_retries=0)
    parameters: Any = {"type": "object", "properties": {}}

    def chat(history: list[Any]) -> tuple[str, list[str], list[Any]]:
        tools: Any = [{"type": "function", "function": {"name": "f", "parameters": parameters}}]
        user: Any = {"role": "user", "content": "Go."}
        answer = openai_sdk.chat.completions.create(model="test.ai.custom", messages=[user, *history], tools=tools)
        said = answer.choices[0].message
        ids = [one.id for one in said.tool_calls or []]
        results = [{"role": "tool", "tool_call_id": one, "content": "done"} for one in ids]
        return answer.id, ids, [said.model_dump(exclude_none=True), *results]

    def responses(history: list[Any]) -> tuple[str, list[str], list[Any]]:
        tools: Any = [{"type": "function", "name": "f", "parameters": parameters, "strict": False}]
        user: Any = {"role": "user", "content": "Go."}
        answer = openai_sdk.responses.create(model="test.ai.custom", input=[user, *history], tools=tools)
        items: list[Any] = [one.model_dump(exclude_none=True) for one in answer.output]
        assert len({one["id"] for one in items}) == 2
        ids = [one["call_id"] for one in items]
        results = [{"type": "function_call_output", "call_id": one, "output": "done"} for one in ids]
        return answer.id, ids, [*items, *results]

    def messages(history: list[Any]) -> tuple[str, list[str], list[Any]]:
        tools: Any = [{"name": "f", "input_schema": parameters}]
        user: Any = {"role": "user", "content": "Go."}
        answer = claude.messages.create(model="test.ai.custom", max_tokens=64, messages=[user, *history], tools=tools)
        content: list[Any] = [one.model_dump(exclude_none=True) for one in answer.content]
        ids = [one["id"] for one in content]
        results = [{"type": "tool_result", "tool_use_id": one, "content": "done"} for one in ids]
        return answer.id, ids, [{"role": "assistant", "content": content}, {"role": "user", "content": results}]

    for ask in (chat, responses, messages):
        history: list[Any] = []
        answered: list[str] = []
        calls: list[str] = []
        for _ in range(3):
            identifier, ids, turn = ask(history)
            answered.append(identifier)
            calls += ids
            history += turn
        assert len(set(answered)) == 3, answered
        assert len(calls) == len(set(calls)) == 6, calls
        assert all(len(one) <= 40 for one in calls)
        # The server gets each call and its result by one id, as the client has it.
        sent = json.dumps(upstream.requests[-1].json)
        assert all(sent.count(json.dumps(one)) == 2 for one in calls[:4]), sent
    # A stored response is found by its id, although the server calls each the same.
    one, other = (openai_sdk.responses.create(model="test.ai.custom", input=text) for text in ("One", "Two"))
    for made, text in ((one, "One"), (other, "Two")):
        [asked] = openai_sdk.responses.input_items.list(made.id).data
        assert text in asked.model_dump_json()
