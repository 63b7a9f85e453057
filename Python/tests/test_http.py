# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""HTTP/1.1 on the client's side: keep-alive, pipelining, 100-continue, chunked bodies, HTTP/1.0."""

from __future__ import annotations

import json

import bodies
import pytest
from gateway import Gateway
from rawhttp import Connection
from upstream import Exchange, Upstream

CHAT = "/openai/v1/chat/completions"
ASK = b'{"model": "test.ai.openai", "messages": [{"role": "user", "content": "Hello!"}]}'


def answer_with_name(upstream: Upstream) -> None:
    """Answers with the `user` member of the request, so that answers can be told apart."""

    async def name(exchange: Exchange) -> None:
        await exchange.respond({**bodies.OPENAI_CHAT, "id": exchange.request.json.get("user")})

    upstream.script(name)


def test_many_requests_on_one_connection(relay: Gateway, scripted: Upstream) -> None:
    with Connection(relay) as connection:
        for _ in range(50):
            connection.request(CHAT, ASK)
            assert connection.response().status == 200
        connection.request("/health", b"", method="GET")
        assert connection.response().status == 200
        connection.request(CHAT, ASK)
        assert connection.response().status == 200


def test_pipelined_requests_are_answered_in_their_order(relay: Gateway, scripted: Upstream) -> None:
    answer_with_name(scripted)
    with Connection(relay) as connection:
        wire = b""
        for number in range(20):
            body = b'{"model": "test.ai.openai", "messages": [], "user": "%d"}' % number
            wire += connection.head(CHAT, f"content-length: {len(body)}\r\n") + body
        # Cut anywhere, and an error among them.
        for start in range(0, len(wire), 333):
            connection.send(wire[start : start + 333])
        assert [connection.response().json["id"] for _ in range(20)] == [str(number) for number in range(20)]


def test_a_pipelined_request_waits_for_the_stream_before_it(relay: Gateway, scripted: Upstream) -> None:
    body = b'{"model": "test.ai.openai", "messages": [], "stream": true}'
    with Connection(relay) as connection:
        head = connection.head(CHAT, f"content-length: {len(body)}\r\n")
        connection.send((head + body) * 3 + connection.head("/health", method="GET"))
        for _ in range(3):
            assert connection.response().body == bodies.chat_stream(usage=False)
        assert connection.response().status == 200


def test_a_refused_request_does_not_spoil_the_connection(relay: Gateway, scripted: Upstream) -> None:
    with Connection(relay) as connection:
        for path, body, status in ((CHAT, b"{", 400), (CHAT, ASK, 200), ("/nonsense", ASK, 404), (CHAT, ASK, 200)):
            connection.request(path, body)
            response = connection.response()
            assert response.status == status or (status == 404 and response.status == 400)
            if response.headers.get("connection") == "close":
                return


def test_connection_close_is_honoured(relay: Gateway, scripted: Upstream) -> None:
    with Connection(relay) as connection:
        connection.request(CHAT, ASK, "connection: close\r\n")
        response = connection.response()
        assert response.status == 200
        assert response.headers["connection"] == "close"
        assert connection.ended()


def test_http_1_0(relay: Gateway, scripted: Upstream) -> None:
    with Connection(relay) as connection:
        head = connection.head(CHAT, f"content-length: {len(ASK)}\r\n").replace(b"HTTP/1.1", b"HTTP/1.0")
        connection.send(head + ASK)
        response = connection.response_head()
        assert response.status == 200
        assert "transfer-encoding" not in response.headers
        assert connection.ended()
        assert json.loads(connection.buffer) == bodies.OPENAI_CHAT


@pytest.mark.parametrize("path", ["/health", "/x", CHAT])
def test_http_1_0_keep_alive_is_confirmed(relay: Gateway, scripted: Upstream, path: str) -> None:
    """`ab -k` counts on it."""
    content, method = (ASK, "POST") if path == CHAT else (b"", "GET")
    with Connection(relay) as connection:
        for _ in range(3):
            head = connection.head(path, f"content-length: {len(content)}\r\nconnection: Keep-Alive\r\n", method)
            connection.send(head.replace(b"HTTP/1.1", b"HTTP/1.0") + content)
            response = connection.response()
            assert response.status in (200, 404)
            assert response.headers["connection"] == "keep-alive"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/health", 200),
        ("/ready", 200),
        ("/metrics", 200),
        ("/openai/v1/models", 200),
        ("/anthropic/v1/models", 200),
        ("/gemini/v1beta/models", 200),
        ("/openai/v1/models/test.ai.openai", 200),
        ("/openai/v1/models/none", 404),
        ("/openai/v1/responses/none", 404),
        ("/x", 404),
    ],
)
def test_head_says_what_get_would(relay: Gateway, path: str, status: int) -> None:
    with Connection(relay) as connection:
        connection.request(path, b"", method="GET")
        whole = connection.response()
        assert whole.status == status
        connection.request(path, b"", method="HEAD")
        head = connection.response_head()
        assert head.status == status
        assert head.headers["content-type"] == whole.headers["content-type"]
        if path not in ("/metrics",):
            assert head.headers["content-length"] == whole.headers["content-length"]
        # No body came, so the next answer is read as such.
        connection.request("/health", b"", method="GET")
        assert connection.response().json == {"status": "ok"}


@pytest.mark.parametrize("head", [b"GET /health HTTP/1.1\nHost: a\n\n", b"GET /health HTTP/1.1\r\nHost: a\nX: y\n\n"])
def test_a_head_with_bare_line_feeds_is_refused_at_once(relay: Gateway, head: bytes) -> None:
    with Connection(relay) as connection:
        connection.socket.settimeout(10)
        connection.send(head)
        assert connection.response().status == 400


def test_a_stream_to_http_1_0_has_no_chunks(relay: Gateway, scripted: Upstream) -> None:
    body = b'{"model": "test.ai.openai", "messages": [], "stream": true}'
    with Connection(relay) as connection:
        head = connection.head(CHAT, f"content-length: {len(body)}\r\n").replace(b"HTTP/1.1", b"HTTP/1.0")
        connection.send(head + body)
        response = connection.response_head()
        assert "transfer-encoding" not in response.headers
        connection.ended()
        assert connection.buffer == bodies.chat_stream(usage=False)


def test_100_continue_is_sent_when_the_body_is_wanted(relay: Gateway, scripted: Upstream) -> None:
    with Connection(relay) as connection:
        connection.send(connection.head(CHAT, f"content-length: {len(ASK)}\r\nexpect: 100-continue\r\n"))
        assert connection.response_head().status == 100
        connection.send(ASK)
        assert connection.response().status == 200


def test_100_continue_is_not_sent_when_the_head_is_refused_already(relay: Gateway) -> None:
    with Connection(relay) as connection:
        head = connection.head(CHAT, "content-length: 99\r\nexpect: 100-continue\r\n")
        connection.send(head.replace(relay.token.encode(), b"dapi-wrong"))
        assert connection.response_head().status == 401


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_chunked_body(relay: Gateway, scripted: Upstream, size: int) -> None:
    with Connection(relay) as connection:
        connection.send(connection.head(CHAT, "transfer-encoding: chunked\r\n"))
        for start in range(0, len(ASK), size):
            piece = ASK[start : start + size]
            connection.send(b"%x;ext=1\r\n%b\r\n" % (len(piece), piece))
        connection.send(b"0\r\ntrailer: x\r\n\r\n")
        assert connection.response().status == 200
    assert scripted.request.body == ASK.replace(b"test.ai.openai", b"upstream-openai")
    assert scripted.request.header("content-length") == str(len(scripted.request.body))


def test_a_request_that_comes_byte_by_byte(relay: Gateway, scripted: Upstream) -> None:
    with Connection(relay) as connection:
        for byte in connection.head(CHAT, f"content-length: {len(ASK)}\r\n") + ASK:
            connection.send(bytes([byte]))
        assert connection.response().status == 200
