# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Who is let in: every way in which the documented clients send a token, and nobody else."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from gateway import ADMIN_TOKEN, Gateway, run, wait_until
from rawhttp import Connection

GEMINI = "/gemini/v1beta/models/system.ai.gemini-3-1-pro:generateContent"
CALLS: dict[str, Any] = {
    "/mlflow/v1/chat/completions": {"model": "gpt-5", "messages": [{"role": "user", "content": "Hello!"}]},
    "/openai/v1/responses": {"model": "gpt-5", "input": "Hello!"},
    "/anthropic/v1/messages": {
        "model": "claude-sonnet-4-5",
        "max_tokens": 16,
        "messages": [{"role": "user", "content": "Hello!"}],
    },
    GEMINI: {"contents": [{"role": "user", "parts": [{"text": "Hello!"}]}]},
}


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


ACCEPTED = {
    "bearer": {"Authorization": f"Bearer {ADMIN_TOKEN}"},
    "bearer in lower case": {"authorization": f"bearer {ADMIN_TOKEN}"},
    "basic": {"Authorization": basic("token", ADMIN_TOKEN)},
    "bearer beside an unused key": {"Authorization": f"Bearer {ADMIN_TOKEN}", "x-api-key": "unused"},
    "bearer beside a Gemini key": {"Authorization": f"Bearer {ADMIN_TOKEN}", "x-goog-api-key": "databricks"},
    "basic beside an unused key": {"Authorization": basic("token", ADMIN_TOKEN), "x-api-key": "unused"},
    "a lone Anthropic key": {"x-api-key": ADMIN_TOKEN},
    "a lone Gemini key": {"x-goog-api-key": ADMIN_TOKEN},
}

REFUSED = {
    "nothing": {},
    "a wrong token": {"Authorization": "Bearer dapi-wrong"},
    "a token and a bit more": {"Authorization": f"Bearer {ADMIN_TOKEN}x"},
    "a part of a token": {"Authorization": f"Bearer {ADMIN_TOKEN[:-1]}"},
    "a bearer of nothing": {"Authorization": "Bearer"},
    "no scheme": {"Authorization": ADMIN_TOKEN},
    "another scheme": {"Authorization": f"Digest {ADMIN_TOKEN}"},
    "basic as somebody else": {"Authorization": basic("admin", ADMIN_TOKEN)},
    "basic without a colon": {"Authorization": "Basic " + base64.b64encode(ADMIN_TOKEN.encode()).decode()},
    "basic that is not base64": {"Authorization": "Basic ?!"},
    "a wrong bearer beside a good key": {"Authorization": "Bearer dapi-wrong", "x-api-key": ADMIN_TOKEN},
    "the header of Azure": {"api-key": ADMIN_TOKEN},
    "a key in the query only": {},
    "a word of SQL": {"Authorization": "Bearer ' OR '1'='1"},
    "an endless token": {"Authorization": "Bearer " + "x" * 20_000},
}


#: Where a credential came in a way that is known, but nobody has it.
UNKNOWN_TOKEN = {
    "a wrong token",
    "a token and a bit more",
    "a part of a token",
    "a wrong bearer beside a good key",
    "a word of SQL",
    "an endless token",
}


@pytest.mark.parametrize("path", [*CALLS, "/openai/v1/models", "/anthropic/v1/models", "/metrics"])
def test_a_refused_token_is_not_worth_a_retry(gateway: Gateway, path: str) -> None:
    """errors-07"""
    headers = {"Authorization": "Bearer dapi-wrong"}
    body = CALLS.get(path)
    response = gateway.post(path, body, headers=headers) if body else gateway.get(path, headers=headers)
    if path == "/metrics" and response.status_code == 200:
        pytest.skip("open to this machine")
    assert response.status_code == 401
    assert response.headers["x-should-retry"] == "false"
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("headers", ACCEPTED.values(), ids=ACCEPTED.keys())
@pytest.mark.parametrize("path", CALLS)
def test_accepted(gateway: Gateway, path: str, headers: dict[str, str]) -> None:
    response = gateway.post(path, CALLS[path], headers=headers)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("way", REFUSED)
@pytest.mark.parametrize("path", CALLS)
def test_refused_in_the_shape_of_the_route(gateway: Gateway, path: str, way: str) -> None:
    target = path + f"?key={ADMIN_TOKEN}" if "query" in way else path
    response = gateway.post(target, CALLS[path], headers=REFUSED[way])
    assert response.status_code == 401, response.text
    body = response.json()
    message = body["message"]
    if way in UNKNOWN_TOKEN:
        assert message in ("Invalid access token.", "Credential was not sent or was of an unsupported type.")
    else:
        assert message == "Credential was not sent or was of an unsupported type."
    assert body["error_code"] == "UNAUTHENTICATED"
    assert body["error"]["message"] == message
    if path == GEMINI:
        assert body["error"]["code"] == 401 and body["error"]["status"] == "UNAUTHENTICATED"
    elif "anthropic" in path:
        assert body["type"] == "error" and body["error"]["type"] == "authentication_error"
    else:
        assert {"type", "code", "param"} <= body["error"].keys()
    assert response.headers["x-request-id"]
    assert ADMIN_TOKEN not in response.text and "dapi-wrong" not in response.text


def test_two_different_credentials_of_one_kind_are_refused(gateway: Gateway) -> None:
    with Connection(gateway) as connection:
        connection.request(
            "/mlflow/v1/chat/completions", CALLS["/mlflow/v1/chat/completions"], "authorization: Bearer x\r\n"
        )
        assert connection.response().status in (400, 401)


def test_a_missing_token_is_answered_before_the_body_has_come(gateway: Gateway) -> None:
    with Connection(gateway) as connection:
        head = "POST /mlflow/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n"
        connection.send(head.encode())
        assert connection.response().status == 401


def test_what_is_not_inference_asks_for_a_token_too_or_tells_nothing(gateway: Gateway) -> None:
    for path in ("/api/2.0/serving-endpoints", "/api/2.1/unity-catalog/models", "/health/x"):
        response = gateway.get(path, headers={})
        assert response.status_code in (400, 401, 404), f"{path}: {response.status_code}"
    # The page at the root is the same for everybody, and names no version and no model.
    for accept in ("*/*", "text/html"):
        page = gateway.get("/", headers={"accept": accept})
        assert (
            page.status_code == 200
            and page.content == gateway.get("/", headers={**gateway.bearer, "accept": accept}).content
        )
        assert run("--version").stdout.split()[1] not in page.text and "system.ai" not in page.text


def test_a_token_created_and_revoked_while_serving(gateway: Gateway) -> None:
    token = gateway.create_token("carol@example.com", "--comment", "test")
    headers = {"Authorization": f"Bearer {token}"}
    path = "/mlflow/v1/chat/completions"
    assert gateway.post(path, CALLS[path], headers=headers).status_code == 200
    listed = gateway.run("token", "list").stdout
    assert "carol@example.com" in listed
    assert token not in listed
    identifier = next(
        word
        for line in listed.splitlines()
        if "carol@example.com" in line
        for word in line.split()
        if word.count("-") == 4
    )
    gateway.run("token", "revoke", identifier)
    wait_until(lambda: gateway.post(path, CALLS[path], headers=headers).status_code == 401, "the token is refused")
