# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Grants of the configuration file: what is not granted is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from config import upstream_config
from gateway import Gateway
from upstream import Upstream

PATH = "/mlflow/v1/chat/completions"


def catalog(principal: str) -> list[dict[str, Any]]:
    return [
        {"principal": principal, "privileges": ["USE_CATALOG"], "on": {"catalog": "test"}},
        {"principal": principal, "privileges": ["USE_SCHEMA"], "on": {"schema": "test.ai"}},
    ]


def execute(principal: str, name: str) -> dict[str, Any]:
    return {"principal": principal, "privileges": ["EXECUTE"], "on": {"model_service": name}}


GRANTS = [
    *catalog("analysts"),
    execute("analysts", "test.ai.openai"),
    *catalog("whole-catalog@example.com"),
    {"principal": "whole-catalog@example.com", "privileges": ["EXECUTE"], "on": {"catalog": "test"}},
    execute("no-catalog@example.com", "test.ai.openai"),
    {"principal": "no-schema@example.com", "privileges": ["USE_CATALOG"], "on": {"catalog": "test"}},
    execute("no-schema@example.com", "test.ai.openai"),
    *catalog("no-execute@example.com"),
    {"principal": "everything@example.com", "privileges": ["ALL_PRIVILEGES"], "on": {"catalog": "test"}},
]
USERS = {
    "alice@example.com": {"groups": ["analysts"]},
    "bob@example.com": {"groups": []},
    "root@example.com": {"groups": [], "administrator": True},
    **{f"{name}@example.com": {} for name in ("whole-catalog", "no-catalog", "no-schema", "no-execute", "everything")},
}


@pytest.fixture(scope="module")
def granted(tmp_path_factory: pytest.TempPathFactory, shared_upstream: Upstream) -> Iterator[Gateway]:
    config = upstream_config(shared_upstream, users=USERS, grants=GRANTS, simulator=True)
    running = Gateway(tmp_path_factory.mktemp("grants"), config).start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def tokens(granted: Gateway) -> dict[str, str]:
    names = [*USERS, "stranger@example.com"]
    return {name: granted.create_token(name) for name in names}


def call(gateway: Gateway, token: str, model: str) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": "Hello!"}]}
    return gateway.post(PATH, body, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize(
    ("name", "model", "allowed"),
    [
        ("alice@example.com", "test.ai.openai", True),
        ("alice@example.com", "test.ai.anthropic", False),
        ("whole-catalog@example.com", "test.ai.gemini", True),
        ("everything@example.com", "test.ai.custom", True),
        ("root@example.com", "test.ai.custom", True),
        ("bob@example.com", "test.ai.openai", False),
        ("no-catalog@example.com", "test.ai.openai", False),
        ("no-schema@example.com", "test.ai.openai", False),
        ("no-execute@example.com", "test.ai.openai", False),
        ("stranger@example.com", "test.ai.openai", False),
        ("bob@example.com", "system.ai.gpt-5", True),
        ("stranger@example.com", "system.ai.gpt-5", True),
    ],
)
def test_a_call_needs_all_three_privileges(
    granted: Gateway, tokens: dict[str, str], shared_upstream: Upstream, name: str, model: str, allowed: bool
) -> None:
    shared_upstream.reset()
    response = call(granted, tokens[name], model)
    if allowed:
        assert response.status_code == 200, response.text
        return
    assert response.status_code == 403, response.text
    assert response.json()["error_code"] == "PERMISSION_DENIED"
    # The message names what is missing, from the top: a catalog, a schema or the service.
    assert re.search(r"(CATALOG test|SCHEMA test\.ai|test\.ai\.\w+)\b", response.json()["message"])
    assert shared_upstream.requests == [], "a call that was refused went upstream"


def test_a_refusal_leaves_a_row(granted: Gateway, tokens: dict[str, str]) -> None:
    response = call(granted, tokens["bob@example.com"], "test.ai.openai")
    [row] = granted.usage(f"request_id = '{response.headers['x-request-id']}'")
    assert (row["status_code"], row["requester"]) == (403, "bob@example.com")
    assert row["service_name"] == "test.ai.openai"
    assert row["routing_information"] is None


def test_the_refusal_has_the_shape_of_the_route(granted: Gateway, tokens: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {tokens['bob@example.com']}"}
    body = {"model": "test.ai.anthropic", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    refused = granted.post("/anthropic/v1/messages", body, headers=headers).json()
    assert (refused["type"], refused["error"]["type"]) == ("error", "permission_error")
    refused = granted.post(
        "/gemini/v1beta/models/test.ai.gemini:generateContent",
        {"contents": [{"role": "user", "parts": [{"text": "x"}]}]},
        headers=headers,
    ).json()
    assert (refused["error"]["code"], refused["error"]["status"]) == (403, "PERMISSION_DENIED")


def test_a_model_that_does_not_exist_and_one_that_may_not_be_used_differ_as_on_databricks(
    granted: Gateway, tokens: dict[str, str]
) -> None:
    assert call(granted, tokens["bob@example.com"], "test.ai.nothing").status_code == 404
