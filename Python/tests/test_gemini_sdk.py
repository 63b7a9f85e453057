# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""The google-genai SDK on Gemini: contents, streams, function calls, both API versions, errors as its exceptions."""

from __future__ import annotations

from typing import Any

import pytest
from gateway import Gateway
from google import genai
from google.genai import errors, types

MODEL = "system.ai.gemini-3-1-pro"
WEATHER = types.FunctionDeclaration(
    name="get_weather",
    description="The weather of a city.",
    parameters_json_schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


def sdk(
    gateway: Gateway, version: str | None = None, prefix: str = "/ai-gateway", token: str | None = None
) -> genai.Client:
    """Set up as the Databricks pages say: a key that is not used, and the token in a header."""
    return genai.Client(
        api_key="databricks",
        http_options=types.HttpOptions(
            base_url=gateway.url + prefix + "/gemini",
            api_version=version,
            headers={"Authorization": f"Bearer {token or gateway.token}"},
        ),
    )


@pytest.mark.parametrize("version", [None, "v1", "v1beta"])
@pytest.mark.parametrize("prefix", ["/ai-gateway", ""])
def test_content_and_stream(gateway: Gateway, version: str | None, prefix: str) -> None:
    client = sdk(gateway, version, prefix)
    config = types.GenerateContentConfig(max_output_tokens=256, temperature=0.3, system_instruction="You are terse.")
    whole = client.models.generate_content(model=MODEL, contents="What is Databricks?", config=config)
    assert whole.text
    assert whole.candidates and whole.candidates[0].finish_reason == types.FinishReason.STOP
    assert whole.usage_metadata and whole.usage_metadata.total_token_count

    chunks = list(client.models.generate_content_stream(model=MODEL, contents="What is Databricks?", config=config))
    assert len(chunks) > 1, "the text came in one piece"
    assert "".join(chunk.text or "" for chunk in chunks) == whole.text
    last = chunks[-1].usage_metadata
    assert last and last.candidates_token_count == whole.usage_metadata.candidates_token_count


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_parallel_function_calls_and_their_responses(gateway: Gateway, stream: bool) -> None:
    client = sdk(gateway)
    ask = '[[simulate: call=get_weather args={"city":"Rome"} call=get_weather args={"city":"Oslo"}]] Weather, please.'
    contents: list[Any] = [types.Content(role="user", parts=[types.Part(text=ask)])]
    parts = talk(client, contents, stream)
    calls = [part.function_call for part in parts if part.function_call]
    assert [call.args for call in calls] == [{"city": "Rome"}, {"city": "Oslo"}]

    contents.append(types.Content(role="model", parts=parts))
    answers = [
        types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response={"degrees": 12}))
        for call in calls
    ]
    contents.append(types.Content(role="user", parts=answers))
    parts = talk(client, contents, stream)
    assert not any(part.function_call for part in parts)
    assert "".join(part.text or "" for part in parts)


def test_automatic_function_calling_of_the_sdk(gateway: Gateway) -> None:
    asked: list[str] = []

    def get_weather(city: str) -> str:
        """The weather of a city."""
        asked.append(city)
        return "sunny"

    client = sdk(gateway)
    answer = client.models.generate_content(
        model=MODEL,
        contents='[[simulate: call=get_weather args={"city":"Rome"}]] Weather, please.',
        config=types.GenerateContentConfig(tools=[get_weather]),
    )
    assert asked == ["Rome"]
    assert answer.text


def test_a_limit_ends_the_answer(gateway: Gateway) -> None:
    client = sdk(gateway)
    answer = client.models.generate_content(
        model=MODEL,
        contents="[[simulate: tokens=100]] Go on.",
        config=types.GenerateContentConfig(max_output_tokens=5),
    )
    assert answer.candidates and answer.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS


def test_without_sse_a_stream_is_one_array(gateway: Gateway) -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "What is Databricks?"}]}]}
    response = gateway.post(f"/gemini/v1beta/models/{MODEL}:streamGenerateContent", body)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("application/json")
    parts = response.json()
    assert isinstance(parts, list) and len(parts) > 1
    assert "candidates" in parts[0]


def test_errors_become_the_exceptions_of_the_sdk(gateway: Gateway) -> None:
    # The SDK closes its connections with the client: it must be held while it is used.
    stranger, client = sdk(gateway, token="dapi-wrong"), sdk(gateway)
    with pytest.raises(errors.ClientError) as denied:
        stranger.models.generate_content(model=MODEL, contents="x")
    assert denied.value.code == 401 and denied.value.status == "UNAUTHENTICATED"
    with pytest.raises(errors.ClientError) as missing:
        client.models.generate_content(model="no-such-model", contents="x")
    assert missing.value.code == 404 and "'system.ai.no-such-model' does not exist" in (missing.value.message or "")
    with pytest.raises(errors.ClientError) as limited:
        client.models.generate_content(model=MODEL, contents="[[simulate: status=429]]")
    assert limited.value.code == 429
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model="system.ai.gte-large-en", contents="x")
    assert refused.value.code == 400
    assert "API type 'gemini/v1/generateContent' is not supported by 'system.ai.gte-large-en'" in (
        refused.value.message or ""
    )


def talk(client: genai.Client, contents: list[Any], stream: bool) -> list[types.Part]:
    config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[WEATHER])])
    if stream:
        chunks = list(client.models.generate_content_stream(model=MODEL, contents=contents, config=config))
    else:
        chunks = [client.models.generate_content(model=MODEL, contents=contents, config=config)]
    return [
        part
        for chunk in chunks
        if chunk.candidates and chunk.candidates[0].content
        for part in chunk.candidates[0].content.parts or []
    ]
