# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""The anthropic SDK on Claude: messages, streams, tools, errors as its exceptions."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from anthropic import Anthropic
from gateway import Gateway

MODEL = "system.ai.claude-sonnet-4-5"
QUESTION: list[Any] = [{"role": "user", "content": "What is Databricks?"}]
TOOLS: list[Any] = [
    {
        "name": "get_weather",
        "description": "The weather of a city.",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
]


def sdk(gateway: Gateway, prefix: str = "/ai-gateway", token: str | None = None) -> Anthropic:
    """Set up as the Databricks pages say: a key that is not used, and the token in a header."""
    return Anthropic(
        api_key="unused",
        base_url=gateway.url + prefix + "/anthropic",
        default_headers={"Authorization": f"Bearer {token or gateway.token}"},
        max_retries=0,
    )


@pytest.mark.parametrize("prefix", ["/ai-gateway", ""])
def test_a_message(gateway: Gateway, prefix: str) -> None:
    message = sdk(gateway, prefix).messages.create(
        model=MODEL, max_tokens=256, messages=QUESTION, system="You are terse."
    )
    assert message.role == "assistant" and message.type == "message"
    assert message.content[0].type == "text" and message.content[0].text
    assert message.stop_reason == "end_turn"
    assert message.usage.input_tokens > 0 and message.usage.output_tokens > 0


def test_the_token_may_come_as_the_sdks_own_key(gateway: Gateway) -> None:
    for client in (
        Anthropic(api_key=gateway.token, base_url=gateway.url + "/anthropic", max_retries=0),
        Anthropic(auth_token=gateway.token, base_url=gateway.url + "/anthropic", max_retries=0),
    ):
        assert client.messages.create(model=MODEL, max_tokens=16, messages=QUESTION).content


def test_a_stream_says_what_the_whole_answer_says(gateway: Gateway) -> None:
    client = sdk(gateway)
    whole = client.messages.create(model=MODEL, max_tokens=64, messages=QUESTION)
    with client.messages.stream(model=MODEL, max_tokens=64, messages=QUESTION) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_message()
    assert kinds[0] == "message_start" and kinds.count("message_start") == 1
    assert kinds.count("text") > 1, "the text came in one piece"
    assert final.content[0].text == whole.content[0].text  # type: ignore[union-attr]
    assert final.stop_reason == whole.stop_reason
    assert final.usage.output_tokens == whole.usage.output_tokens


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_parallel_tool_calls_and_their_results(gateway: Gateway, stream: bool) -> None:
    client = sdk(gateway)
    ask = '[[simulate: call=get_weather args={"city":"Rome"} call=get_weather args={"city":"Oslo"}]] Weather, please.'
    messages: list[Any] = [{"role": "user", "content": ask}]
    answer = talk(client, messages, stream)
    assert answer.stop_reason == "tool_use"
    uses = [block for block in answer.content if block.type == "tool_use"]
    assert [use.input for use in uses] == [{"city": "Rome"}, {"city": "Oslo"}]

    results = [{"type": "tool_result", "tool_use_id": use.id, "content": "12 °C"} for use in uses]
    messages += [{"role": "assistant", "content": answer.content}, {"role": "user", "content": results}]
    answer = talk(client, messages, stream)
    assert answer.stop_reason == "end_turn"
    assert answer.content[0].type == "text"


def test_a_limit_and_a_stop_sequence_end_the_answer(gateway: Gateway) -> None:
    client = sdk(gateway)
    ask: list[Any] = [{"role": "user", "content": "[[simulate: tokens=100]] Go on."}]
    assert client.messages.create(model=MODEL, max_tokens=5, messages=ask).stop_reason == "max_tokens"
    whole = client.messages.create(model=MODEL, max_tokens=512, messages=QUESTION).content[0].text  # type: ignore[union-attr]
    word = whole.split()[2]
    cut = client.messages.create(model=MODEL, max_tokens=512, messages=QUESTION, stop_sequences=[word])
    assert cut.stop_reason == "stop_sequence" and cut.stop_sequence == word


def test_errors_become_the_exceptions_of_the_sdk(gateway: Gateway) -> None:
    client = sdk(gateway)
    with pytest.raises(anthropic.AuthenticationError) as denied:
        sdk(gateway, token="dapi-wrong").messages.create(model=MODEL, max_tokens=16, messages=QUESTION)
    assert denied.value.body["error"]["type"] == "authentication_error"  # type: ignore[index]
    with pytest.raises(anthropic.NotFoundError, match="does not exist"):
        client.messages.create(model="no-such-model", max_tokens=16, messages=QUESTION)
    with pytest.raises(anthropic.BadRequestError):
        client.messages.create(model=MODEL, max_tokens=-1, messages=QUESTION)
    with pytest.raises(anthropic.RateLimitError) as limited:
        client.messages.create(
            model=MODEL, max_tokens=16, messages=[{"role": "user", "content": "[[simulate: status=429 retry_after=7]]"}]
        )
    assert limited.value.response.headers["retry-after"] == "7"
    with (
        pytest.raises(anthropic.APIStatusError),
        client.messages.stream(
            model=MODEL, max_tokens=64, messages=[{"role": "user", "content": "[[simulate: error_after=2]]"}]
        ) as stream,
    ):
        stream.get_final_message()


def test_a_model_of_another_family_answers(gateway: Gateway) -> None:
    client = sdk(gateway)
    answer = client.messages.create(model="system.ai.gpt-5", max_tokens=64, messages=QUESTION)
    assert answer.type == "message"
    assert answer.content[0].type == "text"
    with client.messages.stream(model="system.ai.gemini-2-5-flash", max_tokens=64, messages=QUESTION) as events:
        streamed = events.get_final_message()
    assert streamed.stop_reason in ("end_turn", "max_tokens")
    assert streamed.usage.input_tokens > 0
    assert streamed.usage.output_tokens > 0


def talk(client: Anthropic, messages: list[Any], stream: bool) -> Any:
    if stream:
        with client.messages.stream(model=MODEL, max_tokens=256, messages=messages, tools=TOOLS) as events:
            return events.get_final_message()
    return client.messages.create(model=MODEL, max_tokens=256, messages=messages, tools=TOOLS)


@pytest.mark.parametrize("model", [MODEL, "system.ai.gpt-5-4", "system.ai.gemini-3-1-pro", "system.ai.gpt-oss-120b"])
def test_the_tool_runner_completes_its_task_with_every_family(gateway: Gateway, model: str) -> None:
    """reasoning-11: it first refers to a thread at the vendor, and sends everything where there are none."""
    asked: list[str] = []

    @anthropic.beta_tool
    def get_weather(city: str) -> str:
        """The weather of a city."""
        asked.append(city)
        return f"Sunny in {city}"

    ask = '[[simulate: call=get_weather args={"city":"Rome"}]] [[simulate: call=get_weather args={"city":"Oslo"}]] Go.'
    runner = sdk(gateway).beta.messages.tool_runner(
        model=model, max_tokens=2_048, tools=[get_weather], messages=[{"role": "user", "content": ask}]
    )
    final = runner.until_done()
    assert asked == ["Rome", "Oslo"]
    assert final.stop_reason == "end_turn"
    assert "Oslo" in "".join(block.text for block in final.content if block.type == "text")
