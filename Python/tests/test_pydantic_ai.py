# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Agents of Pydantic AI through each of its clients, in front of a model of every family.

Tools, structured output, streams, usage, and thoughts that go back in the history.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterable, Callable
from typing import Any

import pytest
from gateway import Gateway
from pydantic import BaseModel
from pydantic_ai import Agent, ModelResponse, PartDeltaEvent, TextPartDelta, ThinkingPart, ToolCallPart, ToolOutput
from pydantic_ai.messages import ModelMessagesTypeAdapter
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider

MODELS = {
    "GPT": "system.ai.gpt-5-1",
    "Claude": "system.ai.claude-sonnet-4-5",
    "Gemini": "system.ai.gemini-3-1-pro",
    "open": "system.ai.kimi-k3",
}


def chat(gateway: Gateway, name: str) -> Model:
    base = gateway.url + "/ai-gateway/openai/v1"
    return OpenAIChatModel(name, provider=OpenAIProvider(base_url=base, api_key=gateway.token))


def databricks_chat(gateway: Gateway, name: str) -> Model:
    base = gateway.url + "/ai-gateway/mlflow/v1"
    return OpenAIChatModel(name, provider=OpenAIProvider(base_url=base, api_key=gateway.token))


def responses(gateway: Gateway, name: str) -> Model:
    base = gateway.url + "/ai-gateway/openai/v1"
    return OpenAIResponsesModel(name, provider=OpenAIProvider(base_url=base, api_key=gateway.token))


def messages(gateway: Gateway, name: str) -> Model:
    base = gateway.url + "/ai-gateway/anthropic"
    return AnthropicModel(name, provider=AnthropicProvider(base_url=base, api_key=gateway.token))


def contents(gateway: Gateway, name: str) -> Model:
    base = gateway.url + "/ai-gateway/gemini"
    return GoogleModel(name, provider=GoogleProvider(base_url=base, api_key=gateway.token))


#: How each client asks for thoughts.
THINKING: dict[Any, dict[str, Any]] = {
    chat: {"openai_reasoning_effort": "medium"},
    responses: {"openai_reasoning_effort": "medium", "openai_reasoning_summary": "detailed"},
    messages: {"anthropic_thinking": {"type": "enabled", "budget_tokens": 1_024}, "max_tokens": 4_096},
    contents: {"google_thinking_config": {"thinking_budget": 1_024, "include_thoughts": True}},
}

Client = Callable[[Gateway, str], Model]
every_client = pytest.mark.parametrize(
    "client", [chat, databricks_chat, responses, messages, contents], ids=lambda one: one.__name__
)
every_thinking_client = pytest.mark.parametrize("client", THINKING, ids=lambda one: one.__name__)
every_family = pytest.mark.parametrize("family", MODELS)


class Report(BaseModel):
    city: str
    degrees: int


CALLS = """[[simulate: call=get_weather args={"city":"São Paulo"} call=get_time args={"zone":"BRT"}]]"""
REPORT = """[[simulate: call=final_result args={"city":"São Paulo","degrees":21}]]"""


def agent(model: Model, calls: list[str], **options: Any) -> Agent[Any, Any]:
    """An agent with two tools, which note in `calls` that they were called."""
    made: Agent[Any, Any] = Agent(model, instructions="You report the weather.", **options)

    @made.tool_plain
    def get_weather(city: str) -> str:
        """The weather of a city."""
        calls.append(f"weather {city}")
        return "21 degrees"

    @made.tool_plain
    def get_time(zone: str) -> str:
        """The time in a zone."""
        calls.append(f"time {zone}")
        return "noon"

    return made


@every_client
@every_family
async def test_tools_and_structured_output(gateway: Gateway, client: Client, family: str) -> None:
    calls: list[str] = []
    tags = {"run": uuid.uuid4().hex}
    one = agent(client(gateway, MODELS[family]), calls, output_type=ToolOutput(Report))
    headers = {"Databricks-Ai-Gateway-Request-Tags": json.dumps(tags)}
    result = await one.run(f"Report. {CALLS} {REPORT}", model_settings={"extra_headers": headers})
    assert sorted(calls) == ["time BRT", "weather São Paulo"]
    assert result.output == Report(city="São Paulo", degrees=21)

    rows = gateway.usage(f"request_tags LIKE '%{tags['run']}%'", count=2)
    assert result.usage.requests == 2
    assert result.usage.tool_calls == 2
    assert result.usage.input_tokens == sum(row["input_tokens"] for row in rows) > 0
    assert result.usage.output_tokens == sum(row["output_tokens"] for row in rows) > 0


@every_client
@every_family
async def test_a_stream_with_tools(gateway: Gateway, client: Client, family: str) -> None:
    calls: list[str] = []
    one = agent(client(gateway, MODELS[family]), calls)
    pieces: list[str] = []

    async def listen(context: Any, events: AsyncIterable[Any]) -> None:
        async for event in events:
            if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
                pieces.append(event.delta.content_delta)

    result = await one.run(f"Report. {CALLS}", event_stream_handler=listen)
    assert sorted(calls) == ["time BRT", "weather São Paulo"]
    assert '"21 degrees"' in result.output and '"noon"' in result.output
    assert result.output.endswith("".join(pieces)[-40:]) and len(pieces) > 10
    assert result.usage.requests == 2
    assert result.usage.input_tokens > 0 and result.usage.output_tokens >= len(pieces)


@every_client
@every_family
async def test_a_stream_of_structured_output(gateway: Gateway, client: Client, family: str) -> None:
    one = agent(client(gateway, MODELS[family]), [], output_type=ToolOutput(Report))
    async with one.run_stream(f"Report. {CALLS} {REPORT}") as stream:
        reports = [report async for report in stream.stream_output(debounce_by=None)]
    assert reports[-1] == Report(city="São Paulo", degrees=21)


@every_thinking_client
@every_family
async def test_thoughts_go_back_in_the_history(gateway: Gateway, client: Client, family: str) -> None:
    one = agent(client(gateway, MODELS[family]), [])
    settings: Any = THINKING[client]
    first = await one.run(f"Report. {CALLS}", model_settings=settings)
    answers = [message for message in first.all_messages() if isinstance(message, ModelResponse)]
    thoughts = [part for answer in answers for part in answer.parts if isinstance(part, ThinkingPart)]
    if (client, family) != (chat, "GPT"):  # OpenAI's chat completions hide them.
        assert thoughts
    assert [part.tool_name for part in answers[0].parts if isinstance(part, ToolCallPart)] == [
        "get_weather",
        "get_time",
    ]

    history = ModelMessagesTypeAdapter.validate_json(first.all_messages_json())
    second = await one.run("And tomorrow?", message_history=history, model_settings=settings)
    assert "And tomorrow?" in second.output
