# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Clients whose base URL is the gateway's root, the vendors' own model names, and paths that are nearly right."""

from __future__ import annotations

from typing import Any

import anthropic
import openai
import pytest
from gateway import Gateway
from google import genai
from google.genai import types

QUESTION = "Hello!"


@pytest.fixture
def client(gateway: Gateway) -> openai.OpenAI:
    return openai.OpenAI(base_url=gateway.url + "/v1", api_key=gateway.token, max_retries=0)


def row(gateway: Gateway, identifier: str | None) -> dict[str, Any]:
    [found] = gateway.usage(f"request_id = '{identifier}'")
    return found


@pytest.mark.parametrize("model", ["gpt-5.4", "claude-sonnet-4-5-20250929", "gemini-2.5-flash", "gpt-5.4-2026-03-05"])
def test_openai_at_the_root_with_the_vendors_model_name(gateway: Gateway, client: openai.OpenAI, model: str) -> None:
    """client-07 client-09"""
    chat = client.chat.completions.create(model=model, messages=[{"role": "user", "content": QUESTION}])
    assert chat.choices[0].message.content
    found = row(gateway, chat._request_id)
    assert found["api_type"] == "openai/v1/chat/completions"
    assert found["service_name"] in ("system.ai.gpt-5-4", "system.ai.claude-sonnet-4-5", "system.ai.gemini-2-5-flash")
    response = client.responses.create(model=model, input=QUESTION)
    assert client.responses.retrieve(response.id).output_text == response.output_text
    assert client.responses.input_items.list(response.id).data
    assert client.responses.input_tokens.count(model=model, input=QUESTION).input_tokens


def test_the_other_openai_routes_at_the_root(client: openai.OpenAI) -> None:
    """client-07"""
    assert client.embeddings.create(model="gte-large-en", input="x").data[0].embedding
    assert client.completions.create(model="gpt-5", prompt="x", max_tokens=5).choices
    models = [model.id for model in client.models.list()]
    assert "system.ai.gpt-5" in models
    assert client.models.retrieve("gpt-5.4").id == "system.ai.gpt-5-4"


@pytest.mark.parametrize("model", ["claude-sonnet-4-5-20250929", "gpt-5.4"])
def test_anthropic_at_the_root(gateway: Gateway, model: str) -> None:
    """client-07 client-09"""
    client = anthropic.Anthropic(base_url=gateway.url, api_key=gateway.token, max_retries=0)
    message = client.messages.create(model=model, max_tokens=32, messages=[{"role": "user", "content": QUESTION}])
    assert message.content
    assert client.messages.count_tokens(model=model, messages=[{"role": "user", "content": QUESTION}]).input_tokens
    listed = client.models.list(limit=3)
    assert listed.data[0].type == "model" and listed.data[0].display_name
    assert client.models.retrieve(model).id.startswith("system.ai.")


def test_gemini_at_the_root(gateway: Gateway) -> None:
    """client-07 client-09"""
    client = genai.Client(api_key=gateway.token, vertexai=False, http_options=types.HttpOptions(base_url=gateway.url))
    assert client.models.generate_content(model="gemini-2.5-flash", contents=QUESTION).text
    assert "".join(
        part.text or "" for part in client.models.generate_content_stream(model="gemini-2.5-flash", contents=QUESTION)
    )
    assert client.models.count_tokens(model="gemini-2.5-flash", contents=QUESTION).total_tokens
    assert any(model.name == "models/system.ai.gemini-2-5-flash" for model in client.models.list())


PATHS = [
    ("/openai/v1/chat/completion", 400, "openai", "POST /openai/v1/chat/completions"),
    ("/ai-gateway/anthropic/v1/message", 400, "anthropic", "POST /ai-gateway/anthropic/v1/messages"),
    ("/gemini/v1beta/models/m:generateContents", 400, "gemini", "POST /gemini/v1beta/models/{model}:generateContent"),
    ("/v1/chat/completion", 404, "openai", "POST /v1/chat/completions"),
    ("/v1/message", 404, "anthropic", "POST /v1/messages"),
    ("/v1beta/models/m:generateContents", 404, "gemini", "POST /v1beta/models/{model}:generateContent"),
    ("/v1/audio/speech", 404, "openai", None),
    ("/serving-endpoints/x/invocation", 400, "openai", "POST /serving-endpoints/{model}/invocations"),
    ("/helth", 404, None, "GET /health"),
    ("/nonsense", 404, None, None),
]


@pytest.mark.parametrize(("path", "status", "dialect", "nearest"), PATHS, ids=[path for path, *_ in PATHS])
def test_an_unknown_path_answers_in_its_dialect_and_names_the_nearest(
    gateway: Gateway, path: str, status: int, dialect: str | None, nearest: str | None
) -> None:
    """client-08"""
    # Below `models/` a GET asks for a model.
    for response in (gateway.post(path, {}), gateway.post(path, {}) if "/models/" in path else gateway.get(path)):
        assert response.status_code == status, response.text
        body = response.json()
        assert body["error_code"]
        assert body["message"].endswith(f"Did you mean {nearest}?") == (nearest is not None), body["message"]
        error = body.get("error")
        if dialect == "openai":
            assert error["type"] == "invalid_request_error" and error["code"] == "unknown_url"
        elif dialect == "anthropic":
            assert body["type"] == "error"
            assert error["type"] == ("not_found_error" if status == 404 else "invalid_request_error")
        elif dialect == "gemini":
            assert error["code"] == status
            assert error["status"] == ("NOT_FOUND" if status == 404 else "INVALID_ARGUMENT")
        else:
            assert error is None


def test_an_unknown_model_is_told_with_the_nearest_ones(gateway: Gateway, client: openai.OpenAI) -> None:
    """client-09"""
    with pytest.raises(openai.NotFoundError, match=r"'gpt-5\.44' does not exist\. Did you mean 'gpt-5-4'"):
        client.chat.completions.create(model="gpt-5.44", messages=[{"role": "user", "content": QUESTION}])
    with pytest.raises(openai.NotFoundError, match="Did you mean 'claude-sonnet-4-5'"):
        client.models.retrieve("claude-sonnet-4-55")
    # Who may not use a model does not learn its name.
    stranger = gateway.create_token("stranger@example.com")
    headers = {"Authorization": f"Bearer {stranger}"}
    body = {"model": "claude-sonet-4-5", "messages": [{"role": "user", "content": QUESTION}]}
    message = gateway.post("/v1/chat/completions", body, headers=headers).json()["message"]
    assert "'claude-sonnet-4-5'" in message
