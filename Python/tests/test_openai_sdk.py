# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""The openai SDK: streams with usage, embeddings, responses, errors as its exceptions."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import openai
import pytest
from gateway import Gateway
from openai import AsyncOpenAI, OpenAI
from openai.types.responses import Response

QUESTION: list[Any] = [{"role": "user", "content": "What is Databricks?"}]


def sdk(gateway: Gateway, base: str = "/ai-gateway/openai/v1", **options: Any) -> OpenAI:
    return OpenAI(api_key=gateway.token, base_url=gateway.url + base, max_retries=0, **options)


def test_a_stream_without_include_usage_has_no_usage_on_the_openai_route(gateway: Gateway) -> None:
    chunks = list(sdk(gateway).chat.completions.create(model="system.ai.gpt-5", messages=QUESTION, stream=True))
    assert all(chunk.usage is None for chunk in chunks)
    assert all(chunk.choices for chunk in chunks), "the usage chunk that nobody asked for was shown"
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_a_stream_with_include_usage_ends_with_one_usage_chunk(gateway: Gateway) -> None:
    chunks = list(
        sdk(gateway).chat.completions.create(
            model="system.ai.gpt-5", messages=QUESTION, stream=True, stream_options={"include_usage": True}
        )
    )
    assert [bool(chunk.choices) for chunk in chunks] == [True] * (len(chunks) - 1) + [False]
    assert chunks[-1].usage and chunks[-1].usage.completion_tokens > 0


@pytest.mark.parametrize("model", ["system.ai.gpt-5", "system.ai.claude-sonnet-4-5", "system.ai.gemini-3-1-pro"])
def test_every_chunk_has_running_usage_on_the_mlflow_route(gateway: Gateway, model: str) -> None:
    client = sdk(gateway, "/ai-gateway/mlflow/v1")
    chunks = list(client.chat.completions.create(model=model, messages=QUESTION, stream=True))
    assert all(chunk.usage for chunk in chunks)
    figures = [chunk.usage.completion_tokens for chunk in chunks if chunk.usage]
    assert figures == sorted(figures) and figures[-1] > 0
    whole = client.chat.completions.create(model=model, messages=QUESTION)
    assert chunks[-1].usage == whole.usage


def test_many_concurrent_streams_do_not_mix(gateway: Gateway) -> None:
    async def ask(client: AsyncOpenAI, number: int) -> str:
        text = ""
        stream = await client.chat.completions.create(
            model=["system.ai.gpt-5", "system.ai.claude-sonnet-4-5", "system.ai.gemini-3-1-pro"][number % 3],
            messages=[{"role": "user", "content": f"Please repeat the word canary{number}x."}],
            stream=True,
        )
        async for chunk in stream:
            text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        return text

    async def main() -> list[str]:
        async with AsyncOpenAI(api_key=gateway.token, base_url=gateway.url + "/mlflow/v1", max_retries=0) as client:
            return await asyncio.gather(*(ask(client, number) for number in range(60)))

    for number, text in enumerate(asyncio.run(main())):
        assert text
        others = [other for other in range(60) if other != number and f"canary{other}x" in text]
        assert not others


@pytest.mark.parametrize("base", ["/ai-gateway/openai/v1", "/ai-gateway/mlflow/v1", "/serving-endpoints"])
def test_embeddings_as_the_sdk_asks_for_them_by_default(gateway: Gateway, base: str) -> None:
    client = sdk(gateway, base)
    # Without an encoding the SDK asks for base64 and decodes it.
    packed = client.embeddings.create(model="system.ai.gte-large-en", input=["What is Databricks?", "Another text"])
    plain = client.embeddings.create(
        model="system.ai.gte-large-en", input=["What is Databricks?", "Another text"], encoding_format="float"
    )
    assert [item.index for item in packed.data] == [0, 1]
    assert len(packed.data[0].embedding) == 1024
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding, abs=1e-6)
    assert packed.data[0].embedding != packed.data[1].embedding
    assert packed.usage.prompt_tokens == packed.usage.total_tokens > 0


@pytest.mark.parametrize("base", ["/ai-gateway/openai/v1", "/ai-gateway/mlflow/v1", "/serving-endpoints"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_responses(gateway: Gateway, base: str, stream: bool) -> None:
    client = sdk(gateway, base)
    answer: Response
    if stream:
        with client.responses.stream(model="system.ai.gpt-5", input="What is Databricks?") as events:
            kinds = [event.type for event in events]
            answer = events.get_final_response()
        assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
        assert kinds.count("response.output_text.delta") > 1
    else:
        answer = client.responses.create(model="system.ai.gpt-5", input="What is Databricks?", max_output_tokens=256)
    assert answer.status == "completed"
    assert answer.output_text
    assert answer.usage and answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens > 0


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_responses_with_parallel_tool_calls(gateway: Gateway, stream: bool) -> None:
    client = sdk(gateway)
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tools: list[Any] = [{"type": "function", "name": "get_weather", "parameters": schema, "strict": False}]
    ask = '[[simulate: call=get_weather args={"city":"Rome"} call=get_weather args={"city":"Oslo"}]] Weather, please.'
    items: list[Any] = [{"role": "user", "content": ask}]
    answer: Response
    if stream:
        with client.responses.stream(model="system.ai.gpt-5", input=items, tools=tools) as events:
            for _ in events:
                pass
            answer = events.get_final_response()
    else:
        answer = client.responses.create(model="system.ai.gpt-5", input=items, tools=tools)
    calls = [item for item in answer.output if item.type == "function_call"]
    assert [json.loads(call.arguments) for call in calls] == [{"city": "Rome"}, {"city": "Oslo"}]

    for call in calls:
        items.append({"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments})
    for call in calls:
        items.append({"type": "function_call_output", "call_id": call.call_id, "output": "12 °C"})
    assert client.responses.create(model="system.ai.gpt-5", input=items, tools=tools).output_text


def test_a_limited_response_is_incomplete(gateway: Gateway) -> None:
    answer = sdk(gateway).responses.create(
        model="system.ai.gpt-5", input="[[simulate: tokens=500]] Go on.", max_output_tokens=20
    )
    assert answer.status == "incomplete"
    assert answer.incomplete_details and answer.incomplete_details.reason == "max_output_tokens"


def test_errors_become_the_exceptions_of_the_sdk(gateway: Gateway) -> None:
    client = sdk(gateway)
    with pytest.raises(openai.AuthenticationError) as denied:
        sdk(gateway).with_options(api_key="dapi-wrong").chat.completions.create(
            model="system.ai.gpt-5", messages=QUESTION
        )
    assert denied.value.response.json()["error_code"] == "UNAUTHENTICATED"
    with pytest.raises(openai.NotFoundError, match="'system.ai.no-such-model' does not exist"):
        client.chat.completions.create(model="no-such-model", messages=QUESTION)
    with pytest.raises(openai.BadRequestError, match="not supported"):
        client.embeddings.create(model="system.ai.gpt-5", input="x")
    with pytest.raises(openai.RateLimitError) as limited:
        client.chat.completions.create(
            model="system.ai.gpt-5", messages=[{"role": "user", "content": "[[simulate: status=429 retry_after=7]]"}]
        )
    assert limited.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("model", ["system.ai.gpt-5", "system.ai.claude-sonnet-4-5", "system.ai.gemini-3-1-pro"])
def test_an_upstream_that_is_overloaded_or_broken_is_an_exception_in_every_family(gateway: Gateway, model: str) -> None:
    client = sdk(gateway, "/mlflow/v1")
    for status, kind in [
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ]:
        with pytest.raises(kind):
            client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": f"[[simulate: status={status}]]"}]
            )
    for failure in ("error_after=3", "end_after=3"):
        with pytest.raises(openai.APIError):
            for _ in client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": f"[[simulate: {failure}]]"}], stream=True
            ):
                pass


def test_the_request_id_is_the_one_that_the_sdk_shows(gateway: Gateway) -> None:
    answer = sdk(gateway).chat.completions.create(model="system.ai.gpt-5", messages=QUESTION)
    [row] = gateway.usage(f"request_id = '{answer._request_id}'")
    assert row["api_type"] == "openai/v1/chat/completions"
    assert row["user_agent"].startswith("OpenAI/Python")
