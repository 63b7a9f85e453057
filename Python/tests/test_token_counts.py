# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Counts of tokens for every model: the vendor's own where there is one, an estimate that says so where not."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from anthropic import Anthropic
from config import PROVIDER_KEY
from gateway import Gateway
from google import genai
from google.genai import types
from openai import OpenAI
from upstream import Upstream

FAMILIES = ["system.ai.claude-sonnet-4-5", "system.ai.gpt-5", "system.ai.gemini-3-1-pro", "system.ai.llama-4-maverick"]
QUESTION = "How many tokens are these words?"


def count_messages(gateway: Gateway, model: str) -> Any:
    body = {"model": model, "messages": [{"role": "user", "content": QUESTION}]}
    return gateway.post("/anthropic/v1/messages/count_tokens", body)


@pytest.mark.parametrize("model", FAMILIES)
def test_the_anthropic_sdk_counts_for_every_family(gateway: Gateway, model: str) -> None:
    """client-02"""
    client = Anthropic(auth_token=gateway.token, base_url=gateway.url + "/ai-gateway/anthropic", max_retries=0)
    short = client.messages.count_tokens(model=model, messages=[{"role": "user", "content": QUESTION}])
    long = client.messages.count_tokens(
        model=model,
        system="You are terse.",
        messages=[{"role": "user", "content": QUESTION * 20}],
        tools=[{"name": "look", "description": "Looks.", "input_schema": {"type": "object", "properties": {}}}],
    )
    assert 0 < short.input_tokens < long.input_tokens


@pytest.mark.parametrize("model", FAMILIES)
def test_the_google_sdk_counts_for_every_family(gateway: Gateway, model: str) -> None:
    """client-02"""
    client = genai.Client(api_key=gateway.token, http_options=types.HttpOptions(base_url=gateway.url + "/gemini"))
    short = client.models.count_tokens(model=model, contents=QUESTION).total_tokens or 0
    long = client.models.count_tokens(model=model, contents=QUESTION * 20).total_tokens or 0
    assert 0 < short < long


@pytest.mark.parametrize("model", FAMILIES)
def test_the_openai_sdk_counts_for_every_family(gateway: Gateway, model: str) -> None:
    """client-02"""
    client = OpenAI(api_key=gateway.token, base_url=gateway.url + "/openai/v1", max_retries=0)
    short = client.responses.input_tokens.count(model=model, input=QUESTION)
    long = client.responses.input_tokens.count(model=model, input=QUESTION * 20, instructions="Be terse.")
    assert short.object == "response.input_tokens"
    assert 0 < short.input_tokens < long.input_tokens


def test_only_an_estimate_is_marked(gateway: Gateway) -> None:
    for model, estimated in zip(FAMILIES, [None, None, None, "true"], strict=True):
        answer = count_messages(gateway, model)
        assert answer.status_code == 200, answer.text
        assert answer.headers.get("x-gatehouse-estimated") == estimated, model


def test_a_refusal_has_the_shape_of_the_dialect(gateway: Gateway) -> None:
    """client-02"""
    client = Anthropic(auth_token=gateway.token, base_url=gateway.url + "/anthropic", max_retries=0)
    with pytest.raises(anthropic.NotFoundError) as error:
        client.messages.count_tokens(model="no-such-model", messages=[{"role": "user", "content": "x"}])
    assert error.value.body["error"]["type"] == "not_found_error"  # type: ignore[index]
    for model in (FAMILIES[0], FAMILIES[3]):
        answer = gateway.post("/anthropic/v1/messages/count_tokens", {"model": model})
        assert answer.status_code == 400 and answer.json()["error"]["type"] == "invalid_request_error"
    answer = gateway.post("/gemini/v1beta/models/llama-4-maverick:countTokens", {})
    assert answer.status_code == 400 and answer.json()["error"]["status"] == "INVALID_ARGUMENT"


def test_a_count_leaves_a_row_without_tokens(gateway: Gateway) -> None:
    """security-09"""
    headers = {**gateway.bearer, "User-Agent": "counts-a-row"}
    body = {"model": FAMILIES[0], "messages": [{"role": "user", "content": QUESTION}]}
    assert gateway.post("/anthropic/v1/messages/count_tokens", body, headers=headers).status_code == 200
    (row,) = gateway.usage("user_agent = 'counts-a-row'")
    assert row["api_type"] == "anthropic/v1/messages/count_tokens" and row["status_code"] == 200
    assert not row["input_tokens"] and not row["output_tokens"]


def test_the_vendors_own_route_gets_the_clients_own_bytes(relay: Gateway, scripted: Upstream) -> None:
    scripted.answer({"input_tokens": 41})
    text = '{"model":"test.ai.anthropic", "messages":[{"role":"user","content":"x"}],  "unknown": {"a": 1}}'
    answer = relay.post("/anthropic/v1/messages/count_tokens?beta=true", text)
    assert answer.json() == {"input_tokens": 41} and "x-gatehouse-estimated" not in answer.headers
    request = scripted.request
    assert request.target == "/anthropic/v1/messages/count_tokens" and request.header("x-api-key") == PROVIDER_KEY
    assert request.body.decode() == text.replace("test.ai.anthropic", "upstream-anthropic")


def test_a_server_without_the_route_is_made_up_for(relay: Gateway, scripted: Upstream) -> None:
    scripted.answer({"error": {"message": "no such page"}}, status="404 Not Found")
    answer = relay.post(
        "/anthropic/v1/messages/count_tokens",
        {"model": "test.ai.anthropic", "messages": [{"role": "user", "content": "x" * 399}]},
    )
    assert answer.json() == {"input_tokens": 100} and answer.headers["x-gatehouse-estimated"] == "true"


def test_a_vendors_error_stays_one(relay: Gateway, scripted: Upstream) -> None:
    scripted.answer({"error": {"type": "rate_limit_error", "message": "slow down"}}, status="429 Too Many Requests")
    answer = relay.post(
        "/anthropic/v1/messages/count_tokens",
        {"model": "test.ai.anthropic", "messages": [{"role": "user", "content": "x"}]},
    )
    assert answer.status_code == 429 and answer.json()["error"]["type"] == "rate_limit_error"


def test_an_image_is_not_estimated_by_its_base64(relay: Gateway, scripted: Upstream) -> None:
    """usage-05"""
    scripted.answer({"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}}]})
    image = "data:image/png;base64," + "A" * 400_000
    content = [{"type": "text", "text": "x" * 399}, {"type": "image_url", "image_url": {"url": image}}]
    headers = {**relay.bearer, "User-Agent": "estimates-an-image"}
    body = {"model": "test.ai.custom", "messages": [{"role": "user", "content": content}]}
    assert relay.post("/openai/v1/chat/completions", body, headers=headers).status_code == 200
    (row,) = relay.usage("user_agent = 'estimates-an-image'")
    assert row["input_tokens"] == 1_100
