# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Denied by default: a walk over all routes as nobody, with a wrong token, and as a user without rights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from config import upstream_config
from gateway import PATIENCE, Gateway
from routes import ROUTES, Route
from upstream import Upstream

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
USER = "nobody@example.com"
PROVIDER = "test.providers.openai"
#: What the configuration defines, and this user may not see. `type` is that of a permission's object.
VALUES = {
    "account": "1",
    "account_id": "1",
    "budget_id": "1",
    "full_name": PROVIDER,
    "id": "test.ai.openai",
    "model": "test.ai.openai",
    "name": "test.ai.openai",
    "principal_id": "1",
    "secret_id": "1",
    "securable_type": "model_service",
    "service_principal_id": "1",
    "serving_endpoint_id": "",
    "token_id": "1",
    "type": "model_service",
}
#: What a caller may always do: with tokens of its own.
OWN = {"POST /api/2.0/token/create", "POST /api/2.0/token/delete"}
DIRECT = {"custom": {"direct": {"base_url": "https://x.example/v1", "api_key": {"plaintext": "k"}}}}
CHATS = ["openai/v1/chat/completions"]
TARGET = {
    "destination_type": "DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL",
    "external_model_config": {
        "model_provider_service": f"model-provider-services/{PROVIDER}",
        "target": {"model": "m", "native_api_types": CHATS},
    },
}
MODEL = {"config": {"routing": {"destinations": [TARGET]}}}
CUSTOM = {
    "config": {
        "provider_type": "EXTERNAL_MODEL_PROVIDER_TYPE_CUSTOM",
        **DIRECT,
        "targets": [{"model": "m", "native_api_types": CHATS}],
    }
}
EXTERNAL = {
    "name": "gpt-5",
    "provider": "openai",
    "task": "llm/v1/chat",
    "openai_config": {"openai_api_key_plaintext": "k"},
}
ENTITIES = {"served_entities": [{"name": "e", "external_model": EXTERNAL}]}
LEVELS = {"access_control_list": [{"user_name": USER, "permission_level": "CAN_MANAGE"}]}
GRANTS = {"changes": [{"principal": USER, "add": ["EXECUTE"]}]}
UC = "/api/2.1/unity-catalog"
#: A request that an administrator could send, with its query, for each route of callers that changes something.
CHANGES: dict[str, tuple[str, Any]] = {
    f"POST {UC}/catalogs": ("", {"name": "mine"}),
    f"PATCH {UC}/catalogs/{{name}}": ("", {"comment": "x"}),
    f"DELETE {UC}/catalogs/{{name}}": ("?force=true", None),
    f"POST {UC}/schemas": ("", {"name": "mine", "catalog_name": "test"}),
    f"PATCH {UC}/schemas/{{name}}": ("", {"comment": "x"}),
    f"DELETE {UC}/schemas/{{name}}": ("?force=true", None),
    f"POST {UC}/model-services": ("?parent=schemas/test.ai&model_service_id=mine", MODEL),
    f"PATCH {UC}/model-services/{{name}}": ("?update_mask=comment", {"comment": "x"}),
    f"DELETE {UC}/model-services/{{name}}": ("", None),
    f"POST {UC}/model-provider-services": ("?parent=schemas/test.ai&model_provider_service_id=mine", CUSTOM),
    f"PATCH {UC}/model-provider-services/{{name}}": ("?update_mask=comment", {"comment": "x"}),
    f"DELETE {UC}/model-provider-services/{{name}}": ("", None),
    "POST /api/2.0/serving-endpoints": ("", {"name": "mine", "config": ENTITIES}),
    "PUT /api/2.0/serving-endpoints/{name}/config": ("", ENTITIES),
    "PUT /api/2.0/serving-endpoints/{name}/ai-gateway": ("", {}),
    "PUT /api/2.0/serving-endpoints/{name}/rate-limits": ("", {"rate_limits": []}),
    "PATCH /api/2.0/serving-endpoints/{name}/tags": ("", {"add_tags": [{"key": "a", "value": "b"}]}),
    "DELETE /api/2.0/serving-endpoints/{name}": ("", None),
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, shared_upstream: Upstream) -> Iterator[Gateway]:
    """Services that only administrators may see; one forwards all paths of its provider."""
    config = upstream_config(shared_upstream, users={USER: {}}, server={"metrics_access": "administrators"})
    config["provider_services"][PROVIDER]["forward_unmanaged_paths"] = True
    running = Gateway(tmp_path_factory.mktemp("guarded"), config).start()
    endpoints = running.get("/api/2.0/serving-endpoints").json()["endpoints"]
    VALUES["serving_endpoint_id"] = next(one["id"] for one in endpoints if one["name"] == VALUES["name"])
    yield running
    assert running.stop() == 0, running.output


@pytest.fixture(scope="module")
def user(guarded: Gateway) -> str:
    return guarded.create_token(USER)


#: One client for the whole walk: making one takes longer than a request.
CLIENT = httpx.Client(timeout=PATIENCE)


def ask(gateway: Gateway, method: str, target: str, token: str | None, body: Any = None, **more: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return CLIENT.request(
        method,
        gateway.url + target,
        headers={**headers, "Content-Type": "application/json", **more},
        content=b"" if body is None else json.dumps(body).encode(),
    )


def state(gateway: Gateway) -> tuple[Any, Any]:
    """All that is governed, and whose tokens there are."""
    objects = gateway.get("/api/gatehouse/config?max_results=10000").json()["objects"]
    return objects, sorted(gateway.run("token", "list").stdout.splitlines())


def inference_body(route: Route) -> Any:
    """What every inference route takes, all at once."""
    content = {"parts": [{"text": "x"}]}
    body = {
        "model": "test.ai.openai",
        "max_tokens": 8,
        "messages": [{"role": "user", "content": "x"}],
        "input": "x",
        "contents": [{"role": "user", **content}],
        "content": content,
        "requests": [{"content": content}],
    }
    return body if "responses" in route.path else {**body, "prompt": "x"}


def test_the_table_has_every_kind_of_route() -> None:
    assert {route.audience for route in ROUTES} == {"anyone", "callers", "administrators"}
    for path in ("/openai/v1/responses", "/v1/messages", "/metrics", "/api/2.0/token/create", "/openai/v1/models"):
        assert path in {route.path for route in ROUTES}


@pytest.mark.parametrize("token", [None, "dapi-wrong", "gth_" + "0" * 40], ids=["nobody", "wrong", "unknown"])
def test_nobody_gets_past_any_route(guarded: Gateway, shared_upstream: Upstream, token: str | None) -> None:
    """security-06"""
    before = state(guarded)
    shared_upstream.reset()
    methods: dict[str, set[str]] = {}
    for route in ROUTES:
        methods.setdefault(route.path, set()).add(route.method)
    opened = {str(route) for route in ROUTES if route.audience == "anyone"}
    for path, taken in methods.items():
        target = Route("", path, "").filled(VALUES)
        for method in METHODS:
            if f"{'GET' if method == 'HEAD' else method} {path}" in opened and path != "/metrics":
                continue
            body: dict[str, Any] | None = {} if method in ("POST", "PUT", "PATCH") else None
            for prefix in ("", "/ai-gateway"):
                response = ask(guarded, method, prefix + target, token, body)
                allowed = {401} if method in taken and not prefix else {400, 401, 404, 405}
                assert response.status_code in allowed, (method, prefix + target, response.status_code, response.text)
    assert not shared_upstream.requests
    assert state(guarded) == before


def test_what_anyone_may_ask_names_nothing(guarded: Gateway) -> None:
    """security-06"""
    for route in ROUTES:
        if route.audience == "anyone" and route.method == "GET" and route.path != "/metrics":
            text = guarded.get(route.filled(VALUES), headers={}).text
            assert "test.ai" not in text and "test.providers" not in text and USER not in text, str(route)


def test_administrators_routes_are_theirs_alone(guarded: Gateway, user: str) -> None:
    """security-06"""
    before = state(guarded)
    for route in ROUTES:
        if route.audience != "administrators":
            continue
        for body in (None, {}, {"userName": "eve@example.com", "displayName": "eve", "active": True}):
            response = ask(guarded, route.method, route.filled(VALUES), user, body)
            assert response.status_code == 403, (str(route), response.text)
            assert response.json()["error_code"] == "PERMISSION_DENIED"
    assert ask(guarded, "GET", "/metrics", user).status_code == 403
    assert state(guarded) == before


def test_a_user_without_rights_reads_nothing_of_others(guarded: Gateway, user: str) -> None:
    """security-06"""
    for route in ROUTES:
        if route.audience != "callers" or route.method != "GET":
            continue
        response = ask(guarded, "GET", route.filled(VALUES), user)
        assert response.status_code in (200, 400, 403, 404), (str(route), response.text)
        if response.status_code == 200:
            for name in ("test.ai", "test.providers", "upstream-", "admin@"):
                assert name not in response.text, (str(route), response.text)


def test_a_user_without_rights_changes_nothing(guarded: Gateway, user: str) -> None:
    """security-06: each change is one that an administrator could make."""
    before = state(guarded)
    for route in ROUTES:
        if route.audience != "callers" or route.method == "GET" or not route.path.startswith("/api/"):
            continue
        if str(route) in OWN:
            continue
        assert str(route) in CHANGES or "permissions" in route.path or is_refused(guarded, route), (
            f"{route}: a new route that changes something needs a body in CHANGES"
        )
        query, body = CHANGES.get(str(route), ("", LEVELS if "serving-endpoints" in route.path else GRANTS))
        values = {**VALUES, "name": name_of(route)}
        response = ask(guarded, route.method, route.filled(values) + query, user, body)
        assert response.status_code in (400, 403, 404), (str(route), response.status_code, response.text)
        # Not for what the request looks like.
        if str(route) in CHANGES or "permissions" in route.path:
            assert response.status_code in (403, 404), (str(route), response.text)
    assert state(guarded) == before


def name_of(route: Route) -> str:
    """An object that there is, of the kind that a route is about."""
    if "catalogs" in route.path:
        return "test"
    if "schemas" in route.path:
        return "test.ai"
    return PROVIDER if "provider" in route.path else "test.ai.openai"


def is_refused(gateway: Gateway, route: Route) -> bool:
    """Whether nobody may, not even an administrator: what Databricks has and Gatehouse does not."""
    response = ask(gateway, route.method, route.filled(VALUES), gateway.token, {})
    return response.status_code in (400, 501)


def test_a_user_without_rights_calls_no_model(guarded: Gateway, user: str, shared_upstream: Upstream) -> None:
    """security-06 security-09"""
    shared_upstream.reset()
    for route in ROUTES:
        if route.audience != "callers" or route.path.startswith("/api/"):
            continue
        target = route.filled(VALUES)
        body = inference_body(route) if route.method == "POST" else None
        named: list[dict[str, str]] = [{}, {"Databricks-Model-Provider-Service": PROVIDER}]
        for headers in named:
            response = ask(guarded, route.method, target, user, body, **headers)
            is_list = route.method == "GET" and response.status_code == 200
            assert is_list or response.status_code in (403, 404), (str(route), headers, response.text)
            assert "test.ai.openai" not in response.text or response.status_code in (403, 404)
    assert not shared_upstream.requests
