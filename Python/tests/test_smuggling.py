# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""What two HTTP parsers could read in two ways is refused, and the connection is closed."""

from __future__ import annotations

import pytest
from gateway import Gateway
from rawhttp import Connection
from upstream import Upstream

CHAT = "/openai/v1/chat/completions"
BODY = b'{"model": "test.ai.openai", "messages": []}'
SIZE = len(BODY)
CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (SIZE, BODY)

HEADS = {
    "length and chunked": (f"content-length: {SIZE}\r\ntransfer-encoding: chunked\r\n", CHUNKED),
    "chunked and length": (f"transfer-encoding: chunked\r\ncontent-length: {SIZE}\r\n", CHUNKED),
    "two lengths that differ": (f"content-length: {SIZE}\r\ncontent-length: 5\r\n", BODY),
    "two lengths in one": (f"content-length: {SIZE}, 5\r\n", BODY),
    "a negative length": ("content-length: -1\r\n", BODY),
    "a length with a sign": (f"content-length: +{SIZE}\r\n", BODY),
    "a length in hexadecimal": ("content-length: 0x2b\r\n", BODY),
    "a length with a space in it": ("content-length: 4 3\r\n", BODY),
    "an empty length": ("content-length: \r\n", BODY),
    "a length beyond all numbers": ("content-length: 99999999999999999999999\r\n", BODY),
    "chunked twice": ("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n", CHUNKED),
    "chunked, then identity": ("transfer-encoding: chunked, identity\r\n", CHUNKED),
    "identity": ("transfer-encoding: identity\r\n", BODY),
    "a coding nobody has": ("transfer-encoding: xchunked\r\n", CHUNKED),
    "gzip, chunked": ("transfer-encoding: gzip, chunked\r\n", CHUNKED),
    "chunked with a vertical tab": ("transfer-encoding: \x0bchunked\r\n", CHUNKED),
    "a space before the colon": (f"content-length : {SIZE}\r\n", BODY),
    "a tab before the colon": ("transfer-encoding\t: chunked\r\n", CHUNKED),
    "a folded line": (f"x-a: b\r\n c\r\ncontent-length: {SIZE}\r\n", BODY),
    "a line that starts with a space": (f" content-length: {SIZE}\r\n", BODY),
    "a line without a colon": (f"nonsense\r\ncontent-length: {SIZE}\r\n", BODY),
    "a name that is empty": (f": x\r\ncontent-length: {SIZE}\r\n", BODY),
    "a name with a bracket": (f"x(y): z\r\ncontent-length: {SIZE}\r\n", BODY),
    "a NUL in a value": (f"x: a\x00b\r\ncontent-length: {SIZE}\r\n", BODY),
    "a carriage return in a value": (f"x: a\rcontent-length: 0\r\ncontent-length: {SIZE}\r\n", BODY),
    "a second host": (f"host: elsewhere\r\ncontent-length: {SIZE}\r\n", BODY),
}


@pytest.mark.parametrize("stem", HEADS)
def test_a_head_that_can_be_read_in_two_ways(relay: Gateway, scripted: Upstream, stem: str) -> None:
    headers, body = HEADS[stem]
    with Connection(relay) as connection:
        follower = connection.head("/health", method="GET")
        connection.send(connection.head(CHAT, headers) + body + follower)
        assert connection.response().status in (400, 501)
        assert connection.ended(), "the connection goes on after a head that nobody can trust"
        assert b"HTTP/1.1" not in connection.buffer, "what followed was read as a request"
    assert not scripted.requests


CHUNKS = {
    "a size that is no number": b"zz\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a size with a sign": b"+2b\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a negative size": b"-1\r\n\r\n0\r\n\r\n",
    "a size with 0x": b"0x2b\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a size beyond all numbers": b"fffffffffffffffff\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a space before the size": b" 2b\r\n" + BODY + b"\r\n0\r\n\r\n",
    "no size": b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a size line that ends with LF": b"2b\n" + BODY + b"\r\n0\r\n\r\n",
    "data that is longer than its size": b"5\r\n" + BODY + b"\r\n0\r\n\r\n",
    "data that does not end with CRLF": b"2b\r\n" + BODY + b"XX0\r\n\r\n",
    "an endless extension": b"2b;" + b"x" * 100_000 + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "endless trailers": b"2b\r\n" + BODY + b"\r\n0\r\n" + b"x: y\r\n" * 50_000 + b"\r\n",
}


@pytest.mark.parametrize("stem", CHUNKS)
def test_chunks_that_can_be_read_in_two_ways(relay: Gateway, scripted: Upstream, stem: str) -> None:
    with Connection(relay) as connection:
        head = connection.head(CHAT, "transfer-encoding: chunked\r\n")
        try:
            connection.send(head + CHUNKS[stem] + connection.head("/health", method="GET"))
            assert connection.response().status in (400, 413, 431)
        except ConnectionError:
            return  # Closed while the rest was still being sent.
        assert connection.ended()
        assert b"HTTP/1.1" not in connection.buffer
    assert not scripted.requests


LINES = {
    "no version": b"POST " + CHAT.encode() + b"\r\n",
    "version 0.9": b"POST " + CHAT.encode() + b" HTTP/0.9\r\n",
    "version 3": b"POST " + CHAT.encode() + b" HTTP/3.0\r\n",
    "a version in lower case": b"POST " + CHAT.encode() + b" http/1.1\r\n",
    "two spaces": b"POST  " + CHAT.encode() + b" HTTP/1.1\r\n",
    "a space in the target": b"POST /a b HTTP/1.1\r\n",
    "a tab for a space": b"POST\t" + CHAT.encode() + b"\tHTTP/1.1\r\n",
    "a method with a bracket": b"PO{ST " + CHAT.encode() + b" HTTP/1.1\r\n",
    "a NUL in the target": b"POST /\x00 HTTP/1.1\r\n",
    "a byte above ASCII in the target": b"POST /\xff HTTP/1.1\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
    "no host": None,
}


@pytest.mark.parametrize("stem", LINES)
def test_a_request_line_that_is_none(relay: Gateway, scripted: Upstream, stem: str) -> None:
    line = LINES[stem]
    with Connection(relay) as connection:
        rest = connection.head(CHAT, f"content-length: {SIZE}\r\n").split(b"\r\n", 1)[1]
        if line is None:
            line, rest = f"POST {CHAT} HTTP/1.1\r\n".encode(), rest.split(b"\r\n", 1)[1]
        connection.send(line + rest + BODY)
        assert connection.response().status in (400, 404, 405, 501, 505)
        if stem != "a space in the target":
            assert connection.ended()
    assert not scripted.requests


@pytest.mark.parametrize(
    "target",
    [
        "/openai/v1/../v1/chat/completions",
        "/openai/v1/%63hat/completions",
        "//openai/v1/chat/completions",
        "/openai\\v1\\chat\\completions",
        "/openai/v1/chat/completions;x",
        "/openai/v1/chat/completions%00",
        "/openai/v1/chat/completions%2f",
        "*",
    ],
)
def test_only_the_plain_path_is_a_route(relay: Gateway, scripted: Upstream, target: str) -> None:
    with Connection(relay) as connection:
        connection.request(target, BODY)
        assert connection.response().status in (400, 404, 405)
    assert not scripted.requests


@pytest.mark.parametrize("host", ["x/#@y", "a b", "", "a,b", "x:99999999", "[::1", "x\\y"])
def test_a_host_that_is_none_changes_nothing_for_anybody(relay: Gateway, scripted: Upstream, host: str) -> None:
    with Connection(relay) as connection:
        wire = f"GET /api/2.0/token/list HTTP/1.1\r\nhost: {host}\r\ncontent-length: 0\r\n\r\n"
        connection.send(wire.encode())
        assert connection.response().status in (400, 401, 404)


def test_header_values_cannot_smuggle_lines_upstream(relay: Gateway, scripted: Upstream) -> None:
    # Members of the path and of forwarded headers end up in the upstream's head.
    path = "/gemini/v1beta/models/test.ai.gemini%0d%0ax-evil:%201:generateContent"
    response = relay.post(path, '{"contents": []}')
    assert response.status_code in (400, 404)
    for request in scripted.requests:
        assert b"x-evil" not in request.head.lower()
