# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Names of users, service principals and groups: nobody becomes somebody else by being named like them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from config import upstream_config
from gateway import Gateway
from upstream import Upstream

CHAT = "/mlflow/v1/chat/completions"
RESPONSES = "/openai/v1/responses"
JOSE = "josé@example.com"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def grant(principal: str) -> dict[str, Any]:
    return {"principal": principal, "privileges": ["ALL_PRIVILEGES"], "on": {"catalog": "test"}}


def chat(gateway: Gateway, token: str, model: str = "test.ai.openai") -> int:
    return gateway.post(CHAT, {"model": model, "messages": []}, headers=bearer(token)).status_code


def store_response(gateway: Gateway, token: str) -> str:
    """The id of a response that the gateway keeps for the token's owner."""
    body = {"model": "system.ai.claude-sonnet-4-5", "input": "Hello!"}
    response = gateway.post(RESPONSES, body, headers=bearer(token))
    assert response.status_code == 200, response.text
    return str(response.json()["id"])


def read_response(gateway: Gateway, token: str, identifier: str) -> int:
    return gateway.get(f"{RESPONSES}/{identifier}", headers=bearer(token)).status_code


def test_a_user_named_like_the_administrator_does_not_read_its_responses(launch: Callable[..., Gateway]) -> None:
    gateway = launch()
    user = gateway.create_token("admin")
    identifier = store_response(gateway, gateway.token)
    assert read_response(gateway, gateway.token, identifier) == 200
    assert read_response(gateway, user, identifier) == 404
    body = {"model": "system.ai.claude-sonnet-4-5", "input": "And?", "previous_response_id": identifier}
    assert gateway.post(RESPONSES, body, headers=bearer(user)).status_code in (400, 404)
    assert read_response(gateway, gateway.token, store_response(gateway, user)) == 404


def test_the_administrator_of_the_first_start_is_not_the_user_of_that_name_either(
    launch: Callable[..., Gateway],
) -> None:
    gateway = launch(token=None)
    [first] = [word for word in gateway.stdout.split() if word.startswith("gth_")]
    user = gateway.create_token("admin")
    identifier = store_response(gateway, first)
    assert read_response(gateway, first, identifier) == 200
    assert read_response(gateway, user, identifier) == 404


@pytest.mark.parametrize("declared", [False, True])
def test_a_user_named_like_a_group_gets_nothing_of_the_groups(
    launch: Callable[..., Gateway], upstream: Upstream, declared: bool
) -> None:
    users: dict[str, Any] = {"alice@example.com": {"groups": ["analysts"]}}
    if declared:
        users["analysts"] = {}
    gateway = launch(upstream_config(upstream, users=users, grants=[grant("analysts")]))
    assert chat(gateway, gateway.create_token("alice@example.com")) == 200
    assert chat(gateway, gateway.create_token("analysts")) == 403
    assert chat(gateway, gateway.create_token("robot", "--comment", "x")) == 403


@pytest.mark.parametrize("name", ["admins", "account users"])
def test_the_gateways_own_groups_have_no_tokens(launch: Callable[..., Gateway], name: str) -> None:
    gateway = launch()
    for option in ("--user", "--service-principal"):
        refused = gateway.run("token", "create", option, name, check=False)
        assert refused.returncode != 0 and "group" in refused.stderr


def test_a_name_is_a_users_or_a_service_principals_and_not_both(launch: Callable[..., Gateway]) -> None:
    gateway = launch()
    gateway.run("token", "create", "--service-principal", "app-1")
    refused = gateway.run("token", "create", "--user", "app-1", check=False)
    assert refused.returncode != 0 and "service principal" in refused.stderr
    gateway.run("token", "create", "--service-principal", "app-1")


def test_the_forms_of_a_name_in_unicode_are_one_name_in_everything(
    launch: Callable[..., Gateway], upstream: Upstream
) -> None:
    composed, decomposed = (unicodedata.normalize(form, JOSE) for form in ("NFC", "NFD"))
    assert composed != decomposed
    config = upstream_config(upstream, users={decomposed: {"groups": ["équipe"]}}, simulator=True)
    config["grants"] = [grant(unicodedata.normalize("NFD", "équipe"))]
    gateway = launch(config)
    tokens = [gateway.create_token(name) for name in (composed, decomposed)]
    assert [chat(gateway, token) for token in tokens] == [200, 200]
    # One owner: each token finds what the other has stored.
    for one, other in (tokens, reversed(tokens)):
        assert read_response(gateway, other, store_response(gateway, one)) == 200
    # One user in the usage table, and in the list.
    rows = gateway.usage("status_code = 200 AND api_type LIKE '%chat%'", count=2, columns="hex(requester) AS name")
    assert {row["name"] for row in rows} == {composed.encode().hex().upper()}
    assert gateway.run("token", "list").stdout.count(composed) == 2


@pytest.mark.parametrize("other", ["José@example.com", "jose@example.com", "ｊosé@example.com"])
def test_names_that_only_look_alike_are_different(
    launch: Callable[..., Gateway], upstream: Upstream, other: str
) -> None:
    gateway = launch(upstream_config(upstream, users={JOSE: {}}, grants=[grant(JOSE)]))
    assert chat(gateway, gateway.create_token(JOSE)) == 200
    assert chat(gateway, gateway.create_token(other)) == 403


@pytest.mark.parametrize("name", ["a\u200b@example.com", "a\u202e@example.com", "a\x1b[2J", "a\u2028b", "a\ufe0f", ""])
def test_names_with_something_invisible_are_refused(launch: Callable[..., Gateway], name: str) -> None:
    gateway = launch()
    refused = gateway.run("token", "create", "--user", name, check=False)
    assert refused.returncode != 0 and "name" in refused.stderr


def models(gateway: Gateway, path: str, token: str) -> httpx.Response:
    return gateway.get(path, headers=bearer(token))


@pytest.mark.parametrize(
    "path",
    [
        "/openai/v1/models/",
        "/mlflow/v1/models/",
        "/serving-endpoints/models/",
        "/cursor/v1/models/",
        "/anthropic/v1/models/",
        "/gemini/v1beta/models/",
        "/codex/v1/models/",
    ],
)
def test_a_model_that_is_hidden_looks_like_one_that_is_not_there(
    launch: Callable[..., Gateway], upstream: Upstream, path: str
) -> None:
    gateway = launch(upstream_config(upstream, grants=[grant("alice@example.com")]))
    stranger, alice = gateway.create_token("eve@example.com"), gateway.create_token("alice@example.com")
    # There is something to hide.
    assert models(gateway, "/openai/v1/models/test.ai.openai", alice).status_code == 200
    for prefix in ("", "/ai-gateway"):
        for form in ("{}", "{}[1m]", "{}%5B1m%5D", "databricks-{}", "{}%00", "%74est.ai.{}"):
            told = []
            for name in ("openai", "nowhere"):
                full = form.format(name if form.startswith("%74") else f"test.ai.{name}")
                response = models(gateway, prefix + path + full, stranger)
                body = {k: v for k, v in response.json().items() if k != "request_id"}
                told.append((response.status_code, str(body).replace(name, "NAME")))
                assert response.status_code >= 400
            assert told[0] == told[1], form
