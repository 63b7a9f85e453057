# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Web pages of other origins (CORS): who may read what, as a browser decides it by the headers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import bodies
import httpx
import pytest
from config import problems, upstream_config
from gateway import ADMIN_TOKEN, Gateway
from upstream import Upstream

APP = "https://app.example"
CHAT = "/openai/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "Hello!"}]
ASK = {"model": "test.ai.openai", "messages": MESSAGES}
PATHS = [
    CHAT,
    "/mlflow/v1/chat/completions",
    "/anthropic/v1/messages",
    "/gemini/v1beta/models/test.ai.gemini:generateContent",
    "/openai/v1/models",
    "/serving-endpoints/test.ai.openai/invocations",
    "/health",
]


def names(response: httpx.Response, header: str) -> set[str]:
    return {name.strip().lower() for name in ", ".join(response.headers.get_list(header)).split(",") if name.strip()}


def readable(response: httpx.Response, origin: str = APP) -> bool:
    """Whether a browser hands the response to a page of that origin."""
    return response.headers.get("access-control-allow-origin") in (origin, "*")


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory, shared_upstream: Upstream) -> Iterator[Gateway]:
    """A gateway that lists two origins."""
    cors = {"allowed_origins": [APP, "http://localhost:5173"], "max_age": "1m"}
    config = upstream_config(shared_upstream, server={"cors": cors})
    running = Gateway(tmp_path_factory.mktemp("cors"), config).start()
    yield running
    assert running.stop() == 0


def preflight(gateway: Gateway, path: str, origin: str = APP, method: str = "POST") -> httpx.Response:
    return httpx.options(
        gateway.url + path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type,x-stainless-os",
        },
    )


@pytest.mark.parametrize("path", PATHS)
def test_a_preflight_request_needs_no_token(listed: Gateway, path: str) -> None:
    for origin in (APP, "http://localhost:5173"):
        response = preflight(listed, path, origin)
        assert response.is_success and not response.content
        assert response.headers["access-control-allow-origin"] == origin
        assert {"post", "get", "delete"} <= names(response, "access-control-allow-methods")
        assert names(response, "access-control-allow-headers") == {"authorization", "content-type", "x-stainless-os"}
        assert response.headers["access-control-max-age"] == "60"
        assert "origin" in names(response, "vary")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://app.example.evil.example", "null", "http://app.example"]
)
def test_other_origins_get_no_permission(listed: Gateway, path: str, origin: str) -> None:
    response = preflight(listed, path, origin)
    assert not readable(response, origin)
    # Nothing but the response to the preflight request depends on it: tokens decide what a request may do.
    answer = listed.post(CHAT, ASK, headers={**listed.bearer, "Origin": origin})
    assert answer.status_code == 200 and not readable(answer, origin)
    assert "origin" in names(answer, "vary")


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        (CHAT, "wrong", 401),
        ("/openai/v1/models", "wrong", 401),
        ("/nonsense", ADMIN_TOKEN, 404),
        (CHAT, ADMIN_TOKEN, 400),
    ],
)
def test_a_page_can_read_errors(listed: Gateway, path: str, token: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {token}", "Origin": APP}
    response = listed.post(path, {}, headers=headers) if path == CHAT else httpx.get(listed.url + path, headers=headers)
    assert response.status_code == status
    assert readable(response) and "x-request-id" in names(response, "access-control-expose-headers")


def test_a_page_can_read_a_stream_and_its_headers(listed: Gateway, shared_upstream: Upstream) -> None:
    shared_upstream.reset()
    with httpx.stream(
        "POST", listed.url + CHAT, json={**ASK, "stream": True}, headers={**listed.bearer, "Origin": APP}
    ) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert readable(response) and "data: [DONE]" in response.read().decode()
    exposed = names(response, "access-control-expose-headers")
    assert {"x-request-id"} <= exposed
    sent = {name.lower() for name in response.headers if name.lower().startswith(("x-", "retry-", "anthropic-"))}
    assert sent <= exposed


def test_rate_limits_of_the_upstream_are_exposed(listed: Gateway, shared_upstream: Upstream) -> None:
    shared_upstream.answer(
        {"error": {"message": "slow down"}}, "429 Too Many", "retry-after: 7\r\nx-ratelimit-remaining-requests: 0\r\n"
    )
    response = listed.post(CHAT, ASK, headers={**listed.bearer, "Origin": APP})
    shared_upstream.reset()
    assert response.status_code == 429
    assert "retry-after" in names(response, "access-control-expose-headers")


def test_the_permission_of_an_upstream_is_not_the_gateways(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    config = upstream_config(upstream, server={"cors": {"allowed_origins": [APP]}})
    for provider in config["provider_services"].values():
        provider["header_policy"] = {"response": {"allow": ["*"]}}
    gateway = launch(config)
    upstream.answer(bodies.OPENAI_CHAT, headers="access-control-allow-origin: *\r\nx-own: 1\r\n")
    for origin, permission in ((APP, [APP]), ("https://evil.example", [])):
        response = gateway.post(CHAT, ASK, headers={**gateway.bearer, "Origin": origin})
        assert response.headers["x-own"] == "1"
        assert response.headers.get_list("access-control-allow-origin") == permission


def test_every_origin(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream, server={"cors": {"allowed_origins": ["*"]}}))
    response = preflight(gateway, CHAT, "https://anywhere.example")
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers
    answer = gateway.post(CHAT, ASK, headers={**gateway.bearer, "Origin": "https://anywhere.example"})
    assert answer.headers["access-control-allow-origin"] == "*"


def test_without_the_setting_nothing_changes(gateway: Gateway) -> None:
    response = preflight(gateway, CHAT)
    assert response.status_code == 405 and not readable(response)
    answer = gateway.get("/health", headers={"Origin": APP})
    assert not any(name.lower().startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize("origins", [[APP], ["*"]])
def test_a_gateway_without_tokens_lets_in_only_origins_that_are_listed_by_name(
    launch: Callable[..., Gateway], upstream: Upstream, origins: list[str]
) -> None:
    config = upstream_config(upstream, server={"cors": {"allowed_origins": origins}})
    gateway = launch(config, arguments=("--insecure",), token=None)
    fetch = {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"}
    expected = 200 if origins == [APP] else 403
    assert gateway.post(CHAT, ASK, headers={**fetch, "Origin": APP}).status_code == expected
    for headers in ({"Origin": "https://evil.example"}, {}):
        assert gateway.post(CHAT, ASK, headers={**fetch, **headers}).status_code == 403


@pytest.mark.parametrize("origin", ["app.example", APP + "/", APP + ":443", "https://", "null", "https://a b"])
def test_origins_that_no_browser_sends(tmp_path: Path, origin: str) -> None:
    assert "server.cors.allowed_origins" in problems(tmp_path, {"server": {"cors": {"allowed_origins": [origin]}}})
