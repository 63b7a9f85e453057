# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Requests that are wrong get a clean 4xx in the shape of their route, and the process stays healthy."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from gateway import Gateway
from rawhttp import Connection

PATH = "/mlflow/v1/chat/completions"
GOOD = {"model": "system.ai.gpt-5", "messages": [{"role": "user", "content": "Hello!"}]}


@pytest.fixture(autouse=True)
def healthy(gateway: Gateway) -> Iterator[None]:
    """Whatever was sent, the next caller is served."""
    yield
    assert gateway.running, gateway.output
    assert gateway.post(PATH, GOOD).status_code == 200


BODIES = {
    "nothing": b"",
    "space": b"   ",
    "not JSON": b"hello",
    "cut": b'{"model": "system.ai.gpt-5", "messages": [',
    "more than one value": b'{"model": "system.ai.gpt-5", "messages": []} {}',
    "an array": b"[]",
    "a string": b'"model"',
    "null": b"null",
    "a comma too many": b'{"model": "system.ai.gpt-5", "messages": [],}',
    "a comment": b'{"model": "system.ai.gpt-5", /* x */ "messages": []}',
    "single quotes": b"{'model': 'system.ai.gpt-5'}",
    "a leading zero": b'{"model": "system.ai.gpt-5", "messages": [], "seed": 01}',
    "not a number": b'{"model": "system.ai.gpt-5", "messages": [], "temperature": NaN}',
    "a raw line feed in a string": b'{"model": "system.ai.gpt-5", "messages": [{"role": "user", "content": "a\nb"}]}',
    "bytes that are not UTF-8": b'{"model": "system.ai.gpt-5", "messages": [{"role": "user", "content": "\xff\xfe"}]}',
    "overlong UTF-8": b'{"model": "system.ai.gpt-5", "messages": [{"role": "user", "content": "\xc0\xaf"}]}',
    "a lone surrogate": b'{"model": "system.ai.gpt-5", "messages": [{"role": "user", "content": "\\ud83d"}]}',
    "a byte order mark": b'\xef\xbb\xbf{"model": "system.ai.gpt-5", "messages": []}',
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "two models": b'{"model": "system.ai.gpt-5", "messages": [], "model": "system.ai.claude-sonnet-4-5"}',
    "two models, one escaped": b'{"model": "system.ai.gpt-5", "messages": [], "m\\u006fdel": "system.ai.gpt-5-1"}',
    "two streams": b'{"model": "system.ai.gpt-5", "messages": [], "stream": false, "stream": true}',
    "no model": b'{"messages": [{"role": "user", "content": "Hello!"}]}',
    "a model that is a number": b'{"model": 5, "messages": []}',
    "a model that is null": b'{"model": null, "messages": []}',
    "a model that is an object": b'{"model": {"name": "system.ai.gpt-5"}, "messages": []}',
    "a stream that is text": b'{"model": "system.ai.gpt-5", "messages": [], "stream": "yes"}',
    "arrays in arrays": b'{"model": "system.ai.gpt-5", "messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "objects in objects": b'{"model": "system.ai.gpt-5", "messages": ' + b'{"a":' * 300 + b"1" + b"}" * 300 + b"}",
    "open brackets without end": b"[" * 1_000_000,
}


@pytest.mark.parametrize("stem", BODIES)
@pytest.mark.parametrize("path", [PATH, "/openai/v1/responses", "/anthropic/v1/messages", "/openai/v1/embeddings"])
def test_a_body_that_is_not_a_request(gateway: Gateway, path: str, stem: str) -> None:
    response = gateway.post(path, BODIES[stem])
    assert response.status_code == 400, response.text
    body = response.json()
    assert body["error_code"] == "BAD_REQUEST"
    assert body["message"] and body["error"]["message"] == body["message"]
    assert len(response.content) < 2000


@pytest.mark.parametrize("stem", [name for name in BODIES if "model" not in name and "stream" not in name])
def test_a_body_that_is_not_a_request_to_gemini(gateway: Gateway, stem: str) -> None:
    response = gateway.post("/gemini/v1beta/models/system.ai.gemini-3-1-pro:generateContent", BODIES[stem])
    assert response.status_code == 400, response.text
    assert response.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert response.json()["error_code"] == "BAD_REQUEST"


TAGS = {
    "not JSON": "project=chatbot",
    "empty": "",
    "an array": '["a"]',
    "a number for a value": '{"a": 1}',
    "null for a value": '{"a": null}',
    "an object for a value": '{"a": {"b": "c"}}',
    "a key twice": '{"a": "1", "a": "2"}',
    "too many": json.dumps({f"k{n}": "v" for n in range(65)}),
    "a long value": json.dumps({"k": "v" * 257}),
    "a long key": json.dumps({"k" * 257: "v"}),
}


@pytest.mark.parametrize("stem", TAGS)
def test_request_tags_that_are_not_an_object_of_strings(gateway: Gateway, stem: str) -> None:
    headers = {**gateway.bearer, "Databricks-Ai-Gateway-Request-Tags": TAGS[stem]}
    response = gateway.post(PATH, GOOD, headers=headers)
    assert response.status_code == 400, response.text
    assert "Databricks-Ai-Gateway-Request-Tags" in response.json()["message"]


def test_as_many_and_as_long_request_tags_as_are_allowed(gateway: Gateway) -> None:
    tags = {f"{n:03}" + "ä" * 253: "v" * 256 for n in range(64)}
    # Characters outside ASCII as escapes: header values are ASCII.
    headers = {**gateway.bearer, "Databricks-Ai-Gateway-Request-Tags": json.dumps({k[:40]: v for k, v in tags.items()})}
    response = gateway.post(PATH, GOOD, headers=headers)
    assert response.status_code == 200, response.text
    [row] = gateway.usage(f"request_id = '{response.headers['x-request-id']}'")
    assert json.loads(row["request_tags"]) == {k[:40]: v for k, v in tags.items()}


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_body_that_is_too_large(gateway: Gateway, framing: str) -> None:
    size = 33 << 20
    with Connection(gateway) as connection:
        if framing == "length":
            connection.send(connection.head(PATH, f"content-length: {size}\r\n"))
        else:
            connection.send(connection.head(PATH, "transfer-encoding: chunked\r\n"))
        try:
            for _ in range(33):
                connection.send((b"100000\r\n" if framing == "chunked" else b"") + b" " * (1 << 20))
                if framing == "chunked":
                    connection.send(b"\r\n")
        except ConnectionError:
            pass  # The answer may come before the rest of the body has been sent.
        response = connection.response()
    assert response.status == 413
    assert response.json["error_code"] == "BAD_REQUEST"
    assert "32" in response.json["message"], "the message does not say what is allowed"


def test_curl_sees_the_answer_to_a_body_that_is_too_large(gateway: Gateway, tmp_path: Any) -> None:
    (tmp_path / "body").write_bytes(b" " * (33 << 20))
    command = ["curl", "-sS", "-u", f"token:{gateway.token}", "-H", "Content-Type: application/json"]
    command += ["--data-binary", f"@{tmp_path}/body", "-w", "\n%{http_code}", gateway.url + PATH]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.stdout.endswith("\n413"), result.stdout + result.stderr


def test_a_body_just_below_the_bound_is_taken(gateway: Gateway) -> None:
    filler = "x" * ((32 << 20) - 1024)
    response = gateway.post(PATH, {**GOOD, "messages": [{"role": "user", "content": filler}], "max_tokens": 16})
    assert response.status_code != 413


@pytest.mark.parametrize(
    "kind", ["", "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded"]
)
def test_the_content_type_does_not_matter(gateway: Gateway, kind: str) -> None:
    # curl -d sends a form's type unless told otherwise, and users forget to tell it.
    assert gateway.post(PATH, GOOD, headers={**gateway.bearer, "Content-Type": kind}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", [PATH, "/ai-gateway/anthropic/v1/messages", "/serving-endpoints/gpt-5/invocations"])
def test_a_wrong_method(gateway: Gateway, path: str, method: str) -> None:
    with gateway.client() as client:
        response = client.request(method, path)
    assert response.status_code == 405, response.text
    assert response.headers["allow"] == "POST"
    assert response.json()["error_code"]


@pytest.mark.parametrize(
    "path",
    [
        "/openai/v1/nonsense",
        "/ai-gateway/openai/v2/chat/completions",
        "/mlflow/v1/chat/completions/",
        "/mlflow/v1//chat/completions",
        "/MLFLOW/v1/chat/completions",
        "/ai-gateway/ai-gateway/mlflow/v1/chat/completions",
        "/gemini/v1beta/models/gemini-3-1-pro",
        "/gemini/v1beta/models/gemini-3-1-pro:nonsense",
        "/gemini/v1beta/models/:generateContent",
        "/serving-endpoints//invocations",
        "/ai-gateway/",
        "/nonsense",
    ],
)
def test_a_route_that_does_not_exist(gateway: Gateway, path: str) -> None:
    response = gateway.post(path, GOOD)
    assert response.status_code in (400, 404), response.text
    assert response.json()["error_code"] and response.json()["message"]
    assert response.headers["x-request-id"]


def test_a_route_of_no_api_says_so_as_databricks_does(gateway: Gateway) -> None:
    response = gateway.post("/ai-gateway/openai/v1/nonsense", GOOD)
    assert response.status_code == 400
    assert response.json()["error_code"] == "BAD_REQUEST"
    assert "doesn't match any known API type" in response.json()["message"]


def test_an_odd_but_valid_body_is_taken(gateway: Gateway) -> None:
    escaped = b'\r\n\t {"messages" : [ {"role":"user","content":"\\u00e9\\ud83d\\ude00 \xc3\xa9"} ] ,'
    body = escaped + b'"mod\\u0065l":"system.ai.gpt\\u002d5" } \n'
    response = gateway.post(PATH, body)
    assert response.status_code == 200, response.text
