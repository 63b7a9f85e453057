# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Legacy completions over chat models, and relayed where a server has them; paths of Codex, Cursor and endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bodies import data
from config import upstream_config
from gateway import Gateway
from openai import OpenAI
from upstream import Upstream

MODELS = ["system.ai.llama-4-maverick", "system.ai.gpt-5", "system.ai.claude-sonnet-4-5", "system.ai.gemini-3-1-pro"]
QUESTION: list[Any] = [{"role": "user", "content": "Say hello."}]


def sdk(gateway: Gateway, base: str = "/openai/v1") -> OpenAI:
    return OpenAI(api_key=gateway.token, base_url=gateway.url + base, max_retries=0)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("base", ["/ai-gateway/openai/v1", "/serving-endpoints"])
def test_the_openai_sdk(gateway: Gateway, base: str, model: str) -> None:
    client = sdk(gateway, base)
    whole = client.completions.create(model=model, prompt="Once upon a time", max_tokens=64, temperature=1)
    assert whole.object == "text_completion" and whole.id.startswith("cmpl-")
    assert whole.choices[0].text and whole.choices[0].finish_reason in ("stop", "length")
    assert whole.usage and whole.usage.completion_tokens > 0
    chunks = list(client.completions.create(model=model, prompt="Once upon a time", max_tokens=64, stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == whole.choices[0].text
    assert chunks[-1].choices[0].finish_reason == whole.choices[0].finish_reason
    assert all(chunk.usage is None for chunk in chunks)


def test_usage_and_echo(gateway: Gateway) -> None:
    prompt = "Once upon a time"
    options: Any = {"stream_options": {"include_usage": True}}
    chunks = list(sdk(gateway).completions.create(model=MODELS[0], prompt=[prompt], echo=True, stream=True, **options))
    assert chunks[0].choices[0].text == prompt
    assert not chunks[-1].choices and chunks[-1].usage and chunks[-1].usage.prompt_tokens > 0
    whole = sdk(gateway).completions.create(model=MODELS[0], prompt=prompt, echo=True)
    assert whole.choices[0].text.startswith(prompt) and len(whole.choices[0].text) > len(prompt)


def test_an_invocation_is_a_completion_by_its_prompt(gateway: Gateway) -> None:
    answer = gateway.post("/serving-endpoints/llama-4-maverick/invocations", {"prompt": "x", "use_raw_prompt": True})
    assert answer.json()["object"] == "text_completion"
    assert answer.headers["x-gatehouse-dropped"] == "use_raw_prompt"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("prompt", ["a", "b"]),
        ("prompt", [1, 2]),
        ("suffix", "the end"),
        ("best_of", 3),
        ("logprobs", -1),
        ("echo", "y"),
    ],
)
def test_what_a_chat_model_cannot_do_is_refused(gateway: Gateway, member: str, value: Any) -> None:
    answer = gateway.post("/openai/v1/completions", {"model": MODELS[0], "prompt": "x", member: value})
    assert answer.status_code == 400 and answer.json()["error"]["param"] == member, answer.text


def test_a_server_with_completions_gets_the_clients_own_bytes(
    launch: Callable[..., Gateway], upstream: Upstream
) -> None:
    config = upstream_config(upstream)
    config["provider_services"]["test.providers.custom"]["native_api_types"] = ["openai/v1/completions"]
    gateway = launch(config)
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    upstream.answer({"id": "cmpl-1", "object": "text_completion", "choices": [], "usage": usage})
    text = '{"model":"test.ai.custom","prompt":["a","b"], "suffix": "z", "guided_regex":"x"}'
    assert gateway.post("/openai/v1/completions", text).status_code == 200
    assert upstream.request.target == "/custom/v1/completions"
    assert upstream.request.body.decode() == text.replace("test.ai.custom", "upstream-custom")
    upstream.reset()
    upstream.answer_stream(
        data(
            {"id": "cmpl-1", "choices": [{"index": 0, "text": "one", "finish_reason": None}]},
            {"id": "cmpl-1", "choices": [{"index": 0, "text": "", "finish_reason": "stop"}]},
            {"id": "cmpl-1", "choices": [], "usage": usage},
            "[DONE]",
        )
    )
    chunks = list(sdk(gateway).completions.create(model="test.ai.custom", prompt="x", stream=True))
    assert [chunk.choices[0].text for chunk in chunks] == ["one", ""], "the chunk that nobody asked for was shown"
    assert upstream.request.json["stream_options"] == {"include_usage": True}
    rows = gateway.usage("api_type = 'openai/v1/completions'", 2)
    assert [(row["input_tokens"], row["output_tokens"]) for row in rows] == [(3, 2), (3, 2)]


def test_codex_and_cursor_have_rows_of_their_own(gateway: Gateway) -> None:
    """usage-09"""
    response = sdk(gateway, "/ai-gateway/codex/v1").responses.create(model="system.ai.gpt-5", input="Say hello.")
    assert response.output_text
    chat = sdk(gateway, "/ai-gateway/cursor/v1").chat.completions.create(model=MODELS[2], messages=QUESTION)
    assert chat.choices[0].message.content
    (row,) = gateway.usage("url = '/ai-gateway/cursor/v1/chat/completions'")
    assert row["api_type"] == "cursor/v1/chat/completions" and row["output_tokens"] > 0
    (row,) = gateway.usage("url = '/ai-gateway/codex/v1/responses'")
    assert row["api_type"] == "openai/v1/responses" and row["output_tokens"] > 0


@pytest.mark.parametrize("base", ["/openai", "/openai/v1", "/openai/v1/v1", "/ai-gateway/openai"])
def test_a_base_url_with_or_without_its_version(gateway: Gateway, base: str) -> None:
    """client-04"""
    answer = sdk(gateway, base).chat.completions.create(model=MODELS[0], messages=QUESTION)
    assert answer.choices[0].message.content
