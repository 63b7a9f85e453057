# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""A model is found by its full name and by every older spelling, and resolved before anything else is decided."""

from __future__ import annotations

from typing import Any

import pytest
from gateway import Gateway

SPELLINGS = [
    "system.ai.claude-sonnet-4-5",
    "system.ai.databricks-claude-sonnet-4-5",
    "databricks-claude-sonnet-4-5",
    "claude-sonnet-4-5",
    "claude-sonnet-4-5[1m]",
    "databricks-claude-sonnet-4-5[1m]",
    "system.ai.claude-sonnet-4-5[1m]",
]
MESSAGES = [{"role": "user", "content": "Hello!"}]


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("path", ["/mlflow/v1/chat/completions", "/anthropic/v1/messages"])
def test_every_spelling_reaches_the_same_service(gateway: Gateway, name: str, path: str) -> None:
    response = gateway.post(path, {"model": name, "max_tokens": 16, "messages": MESSAGES})
    assert response.status_code == 200, response.text
    [row] = gateway.usage(f"request_id = '{response.headers['x-request-id']}'")
    assert row["service_name"] == "system.ai.claude-sonnet-4-5"


@pytest.mark.parametrize("name", SPELLINGS[:4])
def test_a_name_in_the_path(gateway: Gateway, name: str) -> None:
    response = gateway.post(f"/serving-endpoints/{name}/invocations", {"messages": MESSAGES, "max_tokens": 16})
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("name", ["gemini-3-1-pro", "system.ai.gemini-3-1-pro", "databricks-gemini-3-1-pro"])
def test_a_name_in_a_gemini_path(gateway: Gateway, name: str) -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "Hello!"}]}]}
    for version in ("v1", "v1beta"):
        response = gateway.post(f"/ai-gateway/gemini/{version}/models/{name}:generateContent", body)
        assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("no-such-model", "system.ai.no-such-model"),
        ("databricks-no-such-model", "system.ai.databricks-no-such-model"),
        ("system.ai.no-such-model", "system.ai.no-such-model"),
        ("main.ai.no-such-model", "main.ai.no-such-model"),
    ],
)
def test_an_unknown_model_is_named_in_full(gateway: Gateway, name: str, shown: str) -> None:
    response = gateway.post("/mlflow/v1/chat/completions", {"model": name, "messages": MESSAGES})
    assert response.status_code == 404
    assert response.json()["message"] == f"'{shown}' does not exist"
    assert response.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "system.ai.", "..", "../../etc/passwd", "x" * 5000, "é", "a\u0000b", "[1m]"]
)
def test_a_name_that_cannot_be_one_is_refused(gateway: Gateway, name: str) -> None:
    response = gateway.post("/mlflow/v1/chat/completions", {"model": name, "messages": MESSAGES})
    assert response.status_code in (400, 404), response.text
    assert response.json()["error_code"] in ("BAD_REQUEST", "RESOURCE_DOES_NOT_EXIST")
    assert len(response.content) < 2000


@pytest.mark.parametrize(
    ("path", "body", "api", "model"),
    [
        ("/openai/v1/responses", {"input": "x"}, "openai/v1/responses", "system.ai.gte-large-en"),
        ("/mlflow/v1/embeddings", {"input": "x"}, "mlflow/v1/embeddings", "system.ai.claude-sonnet-4-5"),
        ("/mlflow/v1/chat/completions", {"messages": MESSAGES}, "mlflow/v1/chat/completions", "system.ai.gte-large-en"),
        (
            "/anthropic/v1/messages",
            {"messages": MESSAGES, "max_tokens": 9},
            "anthropic/v1/messages",
            "system.ai.gte-large-en",
        ),
    ],
)
def test_a_pair_of_api_and_model_that_does_not_go_together_says_what_does(
    gateway: Gateway, path: str, body: dict[str, Any], api: str, model: str
) -> None:
    response = gateway.post(path, {"model": model, **body})
    assert response.status_code == 400, response.text
    message = response.json()["message"]
    assert message.startswith(f"API type '{api}' is not supported by '{model}'. Supported API types: [")
    assert message.endswith("]")
    assert response.json()["error_code"] == "BAD_REQUEST"
