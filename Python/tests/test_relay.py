# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Same dialect on both sides: upstream and client see each other's bytes, but for the model."""

from __future__ import annotations

import json

import bodies
import pytest
from config import PROVIDER_KEY
from gateway import ADMIN_TOKEN, Gateway
from rawhttp import Connection
from upstream import Upstream

#: Odd on purpose: spaces, escapes, numbers as nobody writes them, unknown members, text in several scripts.
ODD = (
    '{ "zzz":[1.0,1e3,-0,12345678901234567890,0.10],"input" : "x",'
    '\t"messages" : [ {"role":"user",  "content":"a\\u0062\\/ \\n é 🚇"}'
    ' ],"max_tokens":7 ,\r\n"model"  :  "MODEL"  ,"unknown":{"model":"MODEL","stream":true,"b":null},"top_p":1.0E-2 }\n'
)

ROUTES = {
    "/mlflow/v1/chat/completions": ("test.ai.openai", "upstream-openai", "/openai/v1/chat/completions"),
    "/openai/v1/chat/completions": ("test.ai.custom", "upstream-custom", "/custom/v1/chat/completions"),
    "/openai/v1/responses": ("test.ai.openai", "upstream-openai", "/openai/v1/responses"),
    "/mlflow/v1/responses": ("test.ai.openai", "upstream-openai", "/openai/v1/responses"),
    "/openai/v1/embeddings": ("test.ai.openai", "upstream-openai", "/openai/v1/embeddings"),
    "/mlflow/v1/embeddings": ("test.ai.custom", "upstream-custom", "/custom/v1/embeddings"),
    "/anthropic/v1/messages": ("test.ai.anthropic", "upstream-anthropic", "/anthropic/v1/messages"),
    "/serving-endpoints/chat/completions": ("test.ai.openai", "upstream-openai", "/openai/v1/chat/completions"),
    "/serving-endpoints/responses": ("test.ai.openai", "upstream-openai", "/openai/v1/responses"),
    "/serving-endpoints/embeddings": ("test.ai.openai", "upstream-openai", "/openai/v1/embeddings"),
}


@pytest.mark.parametrize("prefix", ["", "/ai-gateway"])
@pytest.mark.parametrize("route", ROUTES)
def test_a_request_arrives_byte_for_byte_but_for_the_model(
    relay: Gateway, scripted: Upstream, route: str, prefix: str
) -> None:
    service, model, target = ROUTES[route]
    response = relay.post(prefix + route, ODD.replace('"MODEL"', f'"{service}"', 1))
    assert response.status_code == 200, response.text
    assert scripted.request.body == ODD.replace('"MODEL"', f'"{model}"', 1).encode()
    assert scripted.request.target == target
    assert scripted.request.method == "POST"


@pytest.mark.parametrize(
    "path",
    ["/gemini/v1beta/models/{}:generateContent", "/gemini/v1/models/{}:generateContent"],
)
@pytest.mark.parametrize("prefix", ["", "/ai-gateway"])
def test_a_gemini_request_arrives_byte_for_byte(relay: Gateway, scripted: Upstream, path: str, prefix: str) -> None:
    body = '{"contents":[ {"role":"user","parts":[{"text":"\\u0041"}]}],  "x":{"model":"MODEL"},"y":1.50}'
    response = relay.post(prefix + path.format("test.ai.gemini"), body)
    assert response.status_code == 200, response.text
    assert scripted.request.body == body.encode()
    assert scripted.request.target == "/gemini/v1beta/models/upstream-gemini:generateContent"


def test_an_answer_arrives_byte_for_byte(relay: Gateway, scripted: Upstream) -> None:
    answer = (
        '{ "choices" : [] ,\n "id":"\\u00e9", "usage":{"prompt_tokens":1e0,"completion_tokens":2}, "new":[1.0]}  \n'
    )
    scripted.answer(answer.encode())
    response = relay.post("/openai/v1/chat/completions", ODD.replace("MODEL", "test.ai.openai", 1))
    assert response.content == answer.encode()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 16, 61, 4096])
@pytest.mark.parametrize(
    ("path", "service", "stream"),
    [
        ("/openai/v1/responses", "test.ai.openai", bodies.responses_stream()),
        ("/anthropic/v1/messages", "test.ai.anthropic", bodies.anthropic_stream()),
        ("/openai/v1/chat/completions", "test.ai.openai", bodies.chat_stream(usage=False)),
    ],
)
def test_a_stream_arrives_byte_for_byte_however_it_is_cut(
    relay: Gateway, scripted: Upstream, path: str, service: str, stream: bytes, size: int
) -> None:
    scripted.answer_stream(stream, size)
    body = {"model": service, "stream": True, "max_tokens": 9, "messages": [], "input": "x"}
    response = relay.post(path, body)
    assert response.status_code == 200, response.text
    assert response.content == stream
    assert response.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("size", [1, 3, 4096])
def test_a_gemini_stream_arrives_byte_for_byte_however_it_is_cut(relay: Gateway, scripted: Upstream, size: int) -> None:
    scripted.answer_stream(bodies.gemini_stream(), size)
    path = "/gemini/v1beta/models/test.ai.gemini:streamGenerateContent?alt=sse"
    response = relay.post(path, {"contents": [{"parts": [{"text": "x"}]}]})
    assert response.content == bodies.gemini_stream()
    assert scripted.request.target == "/gemini/v1beta/models/upstream-gemini:streamGenerateContent?alt=sse"


def test_headers_that_the_upstream_sees(relay: Gateway, scripted: Upstream) -> None:
    headers = (
        "accept-encoding: gzip, br\r\ncookie: session=canary\r\nx-forwarded-for: 10.0.0.1\r\nx-custom: canary\r\n"
        "databricks-ai-gateway-request-tags: {}\r\nx-databricks-workspace-id: 1\r\nopenai-organization: org\r\n"
        "anthropic-version: 2026-10-21\r\nanthropic-beta: one,two\r\nx-api-key: unused\r\nconnection: keep-alive\r\n"
    )
    seen = {}
    for path, service in (("/openai/v1/responses", "test.ai.openai"), ("/anthropic/v1/messages", "test.ai.anthropic")):
        scripted.reset()
        with Connection(relay) as connection:
            connection.request(path, {"model": service, "max_tokens": 1, "messages": [], "input": "x"}, headers)
            assert connection.response().status == 200
        seen[service] = dict(scripted.request.headers)
        text = scripted.request.head.decode()
        assert ADMIN_TOKEN not in text and "canary" not in text.replace(PROVIDER_KEY, ""), text
        assert seen[service]["accept-encoding"] == "identity"
        assert seen[service]["content-type"] == "application/json"
        assert seen[service]["host"] == scripted.url.removeprefix("http://")
        for name in ("cookie", "x-forwarded-for", "x-databricks-workspace-id", "openai-organization"):
            assert name not in seen[service]
    assert seen["test.ai.openai"]["authorization"] == f"Bearer {PROVIDER_KEY}"
    assert "anthropic-beta" not in seen["test.ai.openai"] and "x-api-key" not in seen["test.ai.openai"]
    assert seen["test.ai.anthropic"]["x-api-key"] == PROVIDER_KEY
    assert "authorization" not in seen["test.ai.anthropic"]
    assert seen["test.ai.anthropic"]["anthropic-version"] == "2026-10-21"
    assert seen["test.ai.anthropic"]["anthropic-beta"] == "one,two"


def test_headers_that_the_client_sees(relay: Gateway, scripted: Upstream) -> None:
    scripted.answer(
        bodies.OPENAI_CHAT,
        headers="set-cookie: a=canary\r\nserver: canary\r\nx-request-id: vendor\r\n",
    )
    response = relay.post("/openai/v1/chat/completions", {"model": "test.ai.openai", "messages": []})
    assert "set-cookie" not in response.headers
    assert "canary" not in str(response.headers)
    assert response.headers["x-request-id"] != "vendor"
    assert "x-gatehouse-simulated" not in response.headers


def test_members_of_the_body_never_choose_where_a_call_goes(
    relay: Gateway, scripted: Upstream, upstream: Upstream
) -> None:
    elsewhere = {name: upstream.url for name in ("api_base", "base_url", "endpoint", "url", "host", "provider")}
    body = {"model": "test.ai.openai", "messages": [], **elsewhere, "extra_body": elsewhere, "metadata": elsewhere}
    assert relay.post("/openai/v1/chat/completions", body).status_code == 200
    assert scripted.request.json["api_base"] == upstream.url
    assert upstream.connections == 0


def test_a_megabyte_travels_unchanged(relay: Gateway, scripted: Upstream) -> None:
    picture = "data:image/png;base64," + "iVBORw0K" * (1 << 17)
    content = [{"type": "text", "text": "What is in it?"}, {"type": "image_url", "image_url": {"url": picture}}]
    body = json.dumps({"messages": [{"role": "user", "content": content}], "model": "test.ai.openai"})
    response = relay.post("/mlflow/v1/chat/completions", body)
    assert response.status_code == 200
    assert scripted.request.body == body.replace("test.ai.openai", "upstream-openai").encode()


def test_a_large_answer_travels_unchanged(relay: Gateway, scripted: Upstream) -> None:
    answer = {**bodies.OPENAI_CHAT, "filler": "é" * (3 << 20)}
    scripted.answer(answer)
    response = relay.post("/openai/v1/chat/completions", {"model": "test.ai.openai", "messages": []})
    assert response.content == json.dumps(answer).encode()
