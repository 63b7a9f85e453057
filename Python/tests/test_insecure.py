# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""`--insecure`: whoever is on this machine may do everything, and no web page may, whatever it pretends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from gateway import Gateway
from rawhttp import Connection

ROUTES = {
    "/mlflow/v1/chat/completions": {"model": "system.ai.gpt-5", "messages": [{"role": "user", "content": "Hello!"}]},
    "/anthropic/v1/messages": {
        "model": "system.ai.claude-sonnet-4-5",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hello!"}],
    },
    "/gemini/v1beta/models/system.ai.gemini-2-5-flash:generateContent": {
        "contents": [{"role": "user", "parts": [{"text": "Hello!"}]}]
    },
}
GETS = ["/health", "/ready", "/metrics", "/openai/v1/models", "/openai/v1/responses/resp_1", "/nonsense"]


@pytest.fixture(scope="module")
def open_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    running = Gateway(tmp_path_factory.mktemp("insecure"), arguments=("--insecure",), token=None).start()
    yield running
    assert running.stop() == 0


def status(gateway: Gateway, method: str, path: str, headers: dict[str, str], body: Any = None) -> int:
    """The status of a request with exactly these headers."""
    content = json.dumps(body).encode() if body is not None else b""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body is not None:
        lines.append(f"Content-Length: {len(content)}")
    with Connection(gateway) as connection:
        connection.send("\r\n".join([*lines, "", ""]).encode() + content)
        return connection.response().status


def usual(gateway: Gateway, **more: str) -> dict[str, str]:
    return {"Host": f"127.0.0.1:{gateway.port}", "Content-Type": "application/json"} | {
        name.replace("_", "-"): value for name, value in more.items()
    }


STRANGE = [
    {"Host": "evil.example"},
    {"Host": "evil.example:8080"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "localhost.evil.example"},
    {"Host": "10.0.0.1"},
    {"Host": "0.0.0.0"},
    {"Host": "[::2]:80"},
    {"Origin": "http://evil.example"},
    {"Origin": "https://localhost.evil.example"},
    {"Origin": "http://127.0.0.1.nip.io:8080"},
    {"Origin": "null"},
    {"Origin": "file://"},
    {"Origin": "chrome-extension://abcdefgh"},
    {"Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", STRANGE, ids=str)
def test_a_page_of_another_site_gets_nothing(open_gateway: Gateway, headers: dict[str, str]) -> None:
    for path, body in ROUTES.items():
        assert status(open_gateway, "POST", path, usual(open_gateway) | headers, body) == 403, path
    for path in GETS:
        assert status(open_gateway, "GET", path, usual(open_gateway) | headers) == 403, path
    for method in ("OPTIONS", "DELETE"):
        assert status(open_gateway, method, "/openai/v1/responses/resp_1", usual(open_gateway) | headers) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost"},
        {"Host": "LOCALHOST:1"},
        {"Host": "127.0.0.2"},
        {"Host": "[::1]:80"},
        {"Host": "[::ffff:127.0.0.1]"},
        {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:5173"},
        {"Origin": "https://[::1]:5173"},
        {"Sec-Fetch-Site": "none"},
        {"Content-Type": "application/json; charset=utf-8"},
        {"Content-Type": "Application/JSON"},
    ],
    ids=str,
)
def test_programs_and_pages_of_this_machine_are_served(open_gateway: Gateway, headers: dict[str, str]) -> None:
    for path, body in ROUTES.items():
        assert status(open_gateway, "POST", path, usual(open_gateway) | headers, body) == 200, path
    assert status(open_gateway, "GET", "/openai/v1/models", usual(open_gateway) | headers) == 200


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", ""],
)
def test_a_body_that_a_page_can_send_without_asking_is_refused(open_gateway: Gateway, content_type: str) -> None:
    for path, body in ROUTES.items():
        headers = usual(open_gateway, Content_Type=content_type)
        if not content_type:
            del headers["Content-Type"]
        assert status(open_gateway, "POST", path, headers, body) == 415, path


def test_a_refusal_has_the_shape_of_its_route(open_gateway: Gateway) -> None:
    headers = {"Origin": "http://evil.example"}
    refused = open_gateway.post("/anthropic/v1/messages", {}, headers=headers).json()
    assert (refused["type"], refused["error"]["type"]) == ("error", "permission_error")
    refused = open_gateway.post("/mlflow/v1/chat/completions", {}, headers=headers).json()
    assert refused["error_code"] == "PERMISSION_DENIED" and "--insecure" in refused["message"]
    refused = open_gateway.get("/health", headers=headers).json()
    assert refused["error_code"] == "PERMISSION_DENIED"


def test_a_gateway_with_tokens_asks_nothing_of_hosts_and_origins(gateway: Gateway) -> None:
    path, body = next(iter(ROUTES.items()))
    headers = usual(gateway, Authorization=f"Bearer {gateway.token}") | {
        "Host": "gateway.example",
        "Origin": "http://app.example",
    }
    assert status(gateway, "POST", path, headers, body) == 200
