# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""One chat-completions program gets text, tool calls and streams from every upstream family, changing only `model`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gateway import Gateway
from openai import OpenAI

MODELS = ["system.ai.gpt-5", "system.ai.claude-sonnet-4-5", "system.ai.gemini-3-1-pro", "system.ai.gpt-oss-120b"]
ROUTES = ["/ai-gateway/mlflow/v1", "/mlflow/v1", "/ai-gateway/openai/v1", "/openai/v1", "/serving-endpoints"]

TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather of a city.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    },
    {
        "type": "function",
        "function": {
            "name": "get_time",
            "description": "The time in a zone.",
            "parameters": {
                "type": "object",
                "properties": {"zone": {"type": "string"}, "precise": {"type": "boolean"}},
                "required": ["zone"],
            },
        },
    },
]
#: Makes the simulated model call both tools at once.
ASK = """[[simulate: call=get_weather args={"city":"São Paulo"} call=get_time args={"zone":"BRT","precise":true}]]
What are the weather and the time in São Paulo?"""
CALLS = [("get_weather", {"city": "São Paulo"}), ("get_time", {"zone": "BRT", "precise": True})]


@pytest.fixture
def client(gateway: Gateway) -> OpenAI:
    return OpenAI(api_key=gateway.token, base_url=gateway.url + "/ai-gateway/mlflow/v1", max_retries=0)


@pytest.mark.parametrize("model", MODELS)
def test_text(client: OpenAI, model: str) -> None:
    answer = client.chat.completions.create(
        model=model,
        messages=[
            {"role": "system", "content": "You are terse."},
            {"role": "user", "content": "Hello!"},
            {"role": "assistant", "content": "Hello! How can I assist you today?"},
            {"role": "user", "content": "What is Databricks?"},
        ],
        temperature=0.2,
        top_p=0.9,
        max_tokens=256,
    )
    choice = answer.choices[0]
    assert choice.message.role == "assistant"
    assert choice.message.content
    assert choice.finish_reason == "stop"
    assert answer.object == "chat.completion"
    assert answer.usage
    assert answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens > 0
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


@pytest.mark.parametrize("model", MODELS)
def test_a_stream_says_what_the_whole_answer_says(client: OpenAI, model: str) -> None:
    question: list[Any] = [{"role": "user", "content": "Tell me about streams, naïve café 🚇."}]
    whole = client.chat.completions.create(model=model, messages=question, max_tokens=64)
    with client.chat.completions.stream(model=model, messages=question, max_tokens=64) as stream:
        kinds = [event.type for event in stream]
        streamed = stream.get_final_completion()
    assert streamed.choices[0].message.content == whole.choices[0].message.content
    assert streamed.choices[0].finish_reason == whole.choices[0].finish_reason
    assert kinds.count("content.delta") > 1, "the text came in one piece"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_parallel_tool_calls_and_their_results(client: OpenAI, model: str, stream: bool) -> None:
    messages: list[Any] = [{"role": "user", "content": ASK}]
    message, finish = converse(client, model, messages, stream)
    assert finish == "tool_calls"
    assert [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls] == CALLS
    ids = [call.id for call in message.tool_calls]
    assert all(ids) and len(set(ids)) == 2

    messages.append({"role": "assistant", "content": message.content, "tool_calls": plain(message.tool_calls)})
    messages += [
        {"role": "tool", "tool_call_id": ids[0], "content": "28 °C and sunny"},
        {"role": "tool", "tool_call_id": ids[1], "content": '{"time": "14:05"}'},
    ]
    message, finish = converse(client, model, messages, stream)
    assert finish == "stop"
    assert message.content
    assert not message.tool_calls


@pytest.mark.parametrize("model", MODELS)
def test_a_demanded_tool_is_called(client: OpenAI, model: str) -> None:
    answer = client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": "It is late."}],
        tools=TOOLS,
        tool_choice={"type": "function", "function": {"name": "get_time"}},
    )
    [call] = answer.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert call.function.name == "get_time"
    assert "zone" in json.loads(call.function.arguments)


@pytest.mark.parametrize("model", MODELS)
def test_no_tool_is_called_where_none_may_be(client: OpenAI, model: str) -> None:
    answer = client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": "Use the tool get_weather for Paris."}],
        tools=TOOLS,
        tool_choice="none",
    )
    assert not answer.choices[0].message.tool_calls
    assert answer.choices[0].message.content


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("member", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_limit_on_the_answer_holds(client: OpenAI, model: str, member: str, stream: bool) -> None:
    message, finish = converse(
        client,
        model,
        [{"role": "user", "content": "[[simulate: tokens=200]] Go on."}],
        stream,
        tools=None,
        **{member: 5},
    )
    assert finish == "length"
    # A model that always reasons may spend all of it on that.
    assert message.content or model == "system.ai.gpt-oss-120b"


@pytest.mark.parametrize("model", ["system.ai.claude-sonnet-4-5", "system.ai.gemini-3-1-pro", "system.ai.gpt-oss-120b"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_stop_sequence_ends_the_answer(client: OpenAI, model: str, stream: bool) -> None:
    question: list[Any] = [{"role": "user", "content": "What is Databricks?"}]
    whole, _ = converse(client, model, question, stream, tools=None)
    word = whole.content.split()[2]
    cut, finish = converse(client, model, question, stream, tools=None, stop=[word])
    assert finish == "stop"
    assert cut.content == whole.content[: whole.content.index(word)]


@pytest.mark.parametrize("route", ROUTES)
def test_every_chat_route_reaches_every_family(gateway: Gateway, route: str) -> None:
    client = OpenAI(api_key=gateway.token, base_url=gateway.url + route, max_retries=0)
    for model in MODELS:
        answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hello!"}])
        assert answer.choices[0].message.content


def converse(client: OpenAI, model: str, messages: list[Any], stream: bool, tools: Any = TOOLS, **more: Any) -> Any:
    """The message and the finish reason of one answer; streams go through the SDK's own accumulator."""
    if tools:
        more["tools"] = tools
    if stream:
        with client.chat.completions.stream(model=model, messages=messages, **more) as events:
            for _ in events:
                pass
            answer = events.current_completion_snapshot
    else:
        answer = client.chat.completions.create(model=model, messages=messages, **more)
    return answer.choices[0].message, answer.choices[0].finish_reason


def plain(calls: Any) -> list[Any]:
    return [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.function.name, "arguments": call.function.arguments},
        }
        for call in calls
    ]
