# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""A request names the model that was granted, and no other model, account or object of the provider's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest
from config import PROVIDER_KEY, service, upstream_config
from gateway import Gateway
from openai import OpenAI
from upstream import Upstream

HI: list[Any] = [{"role": "user", "content": "Hi"}]


def config(upstream: Upstream, **more: Any) -> dict[str, Any]:
    config = upstream_config(upstream)
    config["provider_services"]["test.providers.openrouter"] = {
        "provider_type": "openrouter",
        "base_url": upstream.url + "/openai/v1",
        "api_key": PROVIDER_KEY,
        **more,
    }
    config["model_services"]["test.ai.openrouter"] = service("test.providers.openrouter", "granted/model")
    return config


ROUTED: list[dict[str, Any]] = [
    {"models": ["openai/gpt-5-pro"]},
    {"models": ["a", "b"], "route": "fallback"},
    {"provider": {"order": ["x"], "data_collection": "allow"}},
    {"plugins": [{"id": "web", "max_results": 5}]},
    {"preset": "somebody-elses"},
    {"fallbacks": ["x"]},
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fields", ROUTED)
def test_a_router_is_not_told_of_other_models(
    launch: Callable[..., Gateway], upstream: Upstream, fields: dict[str, Any], stream: bool
) -> None:
    gateway = launch(config(upstream))
    client = OpenAI(api_key=gateway.token, base_url=gateway.url + "/openai/v1", max_retries=0)
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(
            model="test.ai.openrouter",
            messages=HI,
            stream=stream,
            extra_body=fields,
        )
    assert "allow_references" in refused.value.message
    assert not upstream.requests


def test_an_administrator_can_allow_it(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch(config(upstream, allow_references=["models", "routing"]))
    for fields in ROUTED:
        upstream.reset()
        response = gateway.post(
            "/openai/v1/chat/completions", {"model": "test.ai.openrouter", "messages": HI, **fields}
        )
        assert response.status_code == 200, response.text
        assert {key: upstream.request.json[key] for key in fields} == fields
        assert upstream.request.json["model"] == "granted/model"
    files = [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]
    body = {"model": "test.ai.openrouter", "messages": files}
    assert gateway.post("/openai/v1/chat/completions", body).status_code == 400


@pytest.mark.parametrize(
    "text",
    [
        '{"model": "test.ai.custom", "mod\\u0065ls": ["x"], "messages": []}',
        '{"model": "test.ai.custom", "models": null, "models": ["x"], "messages": []}',
        '{"model": "test.ai.custom", "MODELS": ["x"], "messages": []}',
        '{"model": "test.ai.custom", "Model": "x", "messages": []}',
        '{"Model": "x", "model": "test.ai.custom", "messages": []}',
        '{"model": "test.ai.custom", "model": "x", "messages": []}',
    ],
)
def test_no_spelling_of_a_field_gets_past(relay: Gateway, scripted: Upstream, text: str) -> None:
    assert relay.post("/openai/v1/chat/completions", text).status_code == 400
    assert not scripted.requests


@pytest.mark.parametrize("name", ["test.ai.openrouter:online", "@preset/x", "test.ai.openrouter@preset/x"])
def test_a_suffix_of_a_router_is_no_model(launch: Callable[..., Gateway], upstream: Upstream, name: str) -> None:
    gateway = launch(config(upstream))
    response = gateway.post("/openai/v1/chat/completions", {"model": name, "messages": HI})
    assert response.status_code == 404
    assert not upstream.requests


OBJECTS = [
    ("/openai/v1/responses", "openai", {"input": [{"type": "item_reference", "id": "msg_of_bob"}]}),
    ("/openai/v1/responses", "openai", {"input": [{"id": "msg_of_bob"}]}),
    (
        "/openai/v1/responses",
        "openai",
        {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "file-bob"}]}]},
    ),
    (
        "/openai/v1/responses",
        "openai",
        {"input": "x", "tools": [{"type": "file_search", "vector_store_ids": ["vs_bob"]}]},
    ),
    ("/openai/v1/responses", "openai", {"input": "x", "prompt": {"id": "pmpt_bob"}}),
    ("/openai/v1/responses", "openai", {"input": "x", "conversation": "conv_bob"}),
    ("/openai/v1/responses", "openai", {"input": "x", "previous_response_id": "resp_bob"}),
    (
        "/openai/v1/responses",
        "openai",
        {"input": "x", "tools": [{"type": "code_interpreter", "container": "cntr_bob"}]},
    ),
    ("/anthropic/v1/messages", "anthropic", {"max_tokens": 9, "messages": HI, "container": "container_bob"}),
    (
        "/anthropic/v1/messages",
        "anthropic",
        {
            "max_tokens": 9,
            "messages": [
                {"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "file_bob"}}]}
            ],
        },
    ),
    (
        "/gemini/v1beta/models/test.ai.gemini:generateContent",
        "gemini",
        {"contents": [{"parts": [{"text": "x"}]}], "cachedContent": "cachedContents/bob"},
    ),
    (
        "/gemini/v1beta/models/test.ai.gemini:generateContent",
        "gemini",
        {
            "contents": [
                {"parts": [{"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/bob"}}]}
            ]
        },
    ),
    # By way of another API.
    (
        "/openai/v1/chat/completions",
        "gemini",
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "image_url",
                            "image_url": {"url": "https://generativelanguage.googleapis.com/v1beta/files/bob"},
                        }
                    ],
                }
            ]
        },
    ),
]


@pytest.mark.parametrize(("path", "family", "body"), OBJECTS)
def test_an_object_of_the_account_cannot_be_named(
    relay: Gateway, scripted: Upstream, path: str, family: str, body: dict[str, Any]
) -> None:
    response = relay.post(path, {"model": f"test.ai.{family}", **body})
    assert response.status_code in (400, 404), response.text
    assert not scripted.requests
    assert "bob" not in json.dumps(response.json()) or "previous_response_id" in body


@pytest.mark.parametrize("name", ["openai-organization", "openai-project"])
def test_a_header_that_chooses_an_account_passes_only_where_it_is_named(
    launch: Callable[..., Gateway], upstream: Upstream, name: str
) -> None:
    for allow, passes in ((["*"], False), (["openai-*"], False), ([name], True)):
        upstream.reset()
        gateway = launch(config(upstream, header_policy={"request": {"allow": allow}}))
        body = {"model": "test.ai.openrouter", "messages": HI}
        headers = {**gateway.bearer, name: "org-bob", "x-other": "y"}
        assert gateway.post("/openai/v1/chat/completions", body, headers=headers).status_code == 200
        assert (upstream.request.header(name) == "org-bob") == passes
        gateway.stop()
