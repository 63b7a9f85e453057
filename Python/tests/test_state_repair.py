# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""R06: a conversation whose opaque state the vendor refuses goes on without it, after one more try and no more.

The simulator checks signatures and encrypted thoughts as the vendors do, and refuses a state with one letter changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from config import service, upstream_config
from gateway import Gateway
from upstream import Exchange, Upstream

QUESTION = "What is the weather in Paris?"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
#: Anything that may be a state: the gateway's wrapping, or a long text without spaces.
STATE = re.compile(r"gatehouse1_[\w-]{30,}|[\w+/=-]{40,}")


def altered(answer: Any) -> Any:
    """The same with the last letters of every state changed, wherever it stands; and every state must be changed."""

    def change(match: re.Match[str]) -> str:
        text = match.group()
        return text[:-6] + ("B" if text[-6] == "A" else "A") + text[-5:]

    text, count = STATE.subn(change, json.dumps(answer))
    assert count, answer
    return json.loads(text)


class Messages:
    path = "/anthropic/v1/messages"

    def __init__(self, model: str, stream: bool) -> None:
        self.body: dict[str, Any] = {
            "model": model,
            "max_tokens": 4000,
            "thinking": {"type": "enabled", "budget_tokens": 2000},
            "tools": [{"name": "get_weather", "input_schema": SCHEMA}],
            "messages": [{"role": "user", "content": QUESTION}],
        }
        self.stream = stream

    def go_on(self, answer: Any, change: Callable[[Any], Any]) -> dict[str, Any]:
        content = change(answer["content"])
        [call] = [block for block in content if block["type"] == "tool_use"]
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": "Sunny."}
        turns = [{"role": "assistant", "content": content}, {"role": "user", "content": [result]}]
        return {**self.body, "stream": self.stream, "messages": self.body["messages"] + turns}


class Responses:
    path = "/openai/v1/responses"

    def __init__(self, model: str, stream: bool) -> None:
        self.body: dict[str, Any] = {
            "model": model,
            "reasoning": {"effort": "medium", "summary": "auto"},
            "include": ["reasoning.encrypted_content"],
            "store": False,
            "tools": [{"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": False}],
            "input": [{"role": "user", "content": QUESTION}],
        }
        self.stream = stream

    def go_on(self, answer: Any, change: Callable[[Any], Any]) -> dict[str, Any]:
        output = change(answer["output"])
        [call] = [item for item in output if item["type"] == "function_call"]
        result = {"type": "function_call_output", "call_id": call["call_id"], "output": "Sunny."}
        return {**self.body, "stream": self.stream, "input": [*self.body["input"], *output, result]}


class Contents:
    def __init__(self, model: str, stream: bool) -> None:
        self.model = model
        self.verb = "generateContent"
        self.stream = stream
        self.body: dict[str, Any] = {
            "contents": [{"role": "user", "parts": [{"text": QUESTION}]}],
            "tools": [{"functionDeclarations": [{"name": "get_weather", "parametersJsonSchema": SCHEMA}]}],
            "generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 2000}},
        }

    @property
    def path(self) -> str:
        return f"/gemini/v1beta/models/{self.model}:{self.verb}"

    def go_on(self, answer: Any, change: Callable[[Any], Any]) -> dict[str, Any]:
        if self.stream:
            self.verb = "streamGenerateContent"
        content = change(answer["candidates"][0]["content"])
        [call] = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
        response = {"id": call.get("id"), "name": "get_weather", "response": {"result": "Sunny."}}
        result = {"role": "user", "parts": [{"functionResponse": {k: v for k, v in response.items() if v}}]}
        return {**self.body, "contents": [*self.body["contents"], content, result]}


class Chat:
    path = "/openai/v1/chat/completions"

    def __init__(self, model: str, stream: bool) -> None:
        tool = {"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}
        self.body: dict[str, Any] = {
            "model": model,
            "reasoning_effort": "medium",
            "tools": [tool],
            "messages": [{"role": "user", "content": QUESTION}],
        }
        self.stream = stream

    def go_on(self, answer: Any, change: Callable[[Any], Any]) -> dict[str, Any]:
        message = change(answer["choices"][0]["message"])
        [call] = message["tool_calls"]
        result = {"role": "tool", "tool_call_id": call["id"], "content": "Sunny."}
        return {**self.body, "stream": self.stream, "messages": [*self.body["messages"], message, result]}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One service for each vendor, all the simulator's."""
    models = {
        "anthropic": "claude-sonnet-4-5",
        "openai": "gpt-5",
        "gemini": "gemini-3-pro",
        "amazon_bedrock": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    }
    services = {
        f"test.ai.{name}": service(f"system.providers.simulator-{name}", model) for name, model in models.items()
    }
    running = Gateway(tmp_path_factory.mktemp("repair"), {"simulator": True, "model_services": services}).start()
    yield running
    assert running.stop() == 0, running.output


def attempts(gateway: Gateway, response: Any) -> list[tuple[str, int]]:
    [row] = gateway.usage(f"request_id = '{response.headers['x-request-id']}'")
    assert row["status_code"] == response.status_code
    found = json.loads(row["routing_information"])["attempts"]
    assert len({attempt["destination"] for attempt in found}) == 1
    return [(attempt["action"], attempt["status_code"]) for attempt in found]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("client", [Messages, Responses, Contents, Chat])
@pytest.mark.parametrize("upstream", ["anthropic", "openai", "gemini", "amazon_bedrock"])
def test_r06_a_conversation_with_altered_state_goes_on(
    simulated: Gateway, client: type[Any], upstream: str, stream: bool
) -> None:
    conversation = client(f"test.ai.{upstream}", stream)
    first = simulated.post(conversation.path, conversation.body)
    assert first.status_code == 200, first.text
    # As it came, the state is taken, in one try.
    good = simulated.post(conversation.path, conversation.go_on(first.json(), lambda answer: answer))
    assert good.status_code == 200, good.text
    assert "x-gatehouse-repaired" not in good.headers
    assert attempts(simulated, good) == [("ROUTE", 200)]
    try:
        body = conversation.go_on(first.json(), altered)
    except AssertionError:
        # OpenAI's chat completions have no state.
        assert (client, upstream) == (Chat, "openai")
        return
    mended = simulated.post(conversation.path, body)
    assert mended.status_code == 200, mended.text
    assert "Sunny" in mended.text
    assert mended.headers["x-gatehouse-repaired"] == "opaque state"
    assert "earlier reasoning" in mended.headers["x-gatehouse-dropped"]
    assert attempts(simulated, mended) == [("ROUTE", 400), ("RETRY", 200)]


REFUSALS: dict[str, dict[str, Any]] = {
    "anthropic": {
        "type": "error",
        "error": {
            "type": "invalid_request_error",
            "message": "messages.1.content.0: Invalid `signature` in `thinking` block",
        },
    },
    "openai": {
        "error": {
            "message": "The encrypted content gAAA...Rg== could not be verified.",
            "type": "invalid_request_error",
            "param": None,
            "code": "invalid_encrypted_content",
        }
    },
    "gemini": {"error": {"code": 400, "message": "Corrupted thought signature.", "status": "INVALID_ARGUMENT"}},
}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"}
BODIES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "anthropic": (
        "/anthropic/v1/messages",
        {"max_tokens": 9, "messages": [{"role": "user", "content": "a"}]},
        {
            "max_tokens": 9,
            "messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": [THOUGHT, {"type": "text", "text": "b"}]},
                {"role": "user", "content": "c"},
            ],
        },
    ),
    "openai": (
        "/openai/v1/responses",
        {"input": "a"},
        {"input": [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"}]},
    ),
    "gemini": (
        "/gemini/v1beta/models/test.ai.gemini:generateContent",
        {"contents": [{"parts": [{"text": "a"}]}]},
        {"contents": [{"role": "model", "parts": [{"text": "a", "thoughtSignature": "EqQB"}]}]},
    ),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_r06_there_is_one_more_try_and_none_without_state(
    launch: Callable[..., Gateway], upstream: Upstream, kind: str
) -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.respond(REFUSALS[kind], "400 Bad Request")

    upstream.script(refuse)
    gateway = launch(upstream_config(upstream))
    path, plain, stateful = BODIES[kind]
    words = REFUSALS[kind]["error"]["message"]
    for body, tries in [(plain, ["ROUTE"]), (stateful, ["ROUTE", "RETRY"])]:
        before = len(upstream.requests)
        response = gateway.post(path, {"model": f"test.ai.{kind}", **body} if kind != "gemini" else body)
        assert response.status_code == 400
        assert response.json()["error"]["message"] == words
        assert "x-gatehouse-repaired" not in response.headers
        assert attempts(gateway, response) == [(action, 400) for action in tries]
        assert len(upstream.requests) == before + len(tries)
    assert b"EqQB" not in upstream.requests[-1].body and b"gAAAA" not in upstream.requests[-1].body
