# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Request bodies that a client has compressed: what the route and the upstream see is the plain body."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bodies
import httpx
import openai
import pytest
import zstandard
from config import upstream_config
from gateway import Gateway
from rawhttp import Connection
from upstream import Upstream


def bare_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


def streamed_zstandard(data: bytes) -> bytes:
    compressor = zstandard.ZstdCompressor().compressobj()
    return compressor.compress(data) + compressor.flush()


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "zstd": ("zstd", zstandard.compress),
    "zstd, streamed": ("zstd", streamed_zstandard),
}

MESSAGES = [{"role": "user", "content": "Hello!"}]
CHAT = {"model": "test.ai.openai", "messages": MESSAGES}
CONTENTS = [{"role": "user", "parts": [{"text": "Hello!"}]}]
ROUTES: dict[str, dict[str, Any]] = {
    "/mlflow/v1/chat/completions": CHAT,
    "/openai/v1/chat/completions": CHAT,
    "/openai/v1/responses": {"model": "test.ai.openai", "input": "Hello!"},
    "/codex/v1/responses": {"model": "test.ai.openai", "input": "Hello!"},
    "/anthropic/v1/messages": {"model": "test.ai.anthropic", "max_tokens": 16, "messages": MESSAGES},
    "/gemini/v1beta/models/test.ai.gemini:generateContent": {"contents": CONTENTS},
    "/serving-endpoints/test.ai.openai/invocations": {"messages": MESSAGES},
}


def send(gateway: Gateway, path: str, body: bytes, coding: str) -> httpx.Response:
    return gateway.post(path, body, headers={**gateway.bearer, "Content-Encoding": coding})


def message(response: httpx.Response) -> str:
    """The message of an error, in whichever dialect it is: each says it in `error`."""
    return response.json()["error"]["message"]


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("path", ROUTES)
def test_every_route_takes_every_coding(relay: Gateway, scripted: Upstream, path: str, coding: str) -> None:
    name, compress = CODINGS[coding]
    body = json.dumps(ROUTES[path]).encode()
    response = send(relay, path, compress(body), name)
    assert response.status_code == 200, response.text
    request = scripted.request
    assert request.header("content-encoding") is None
    assert "Hello!" in json.dumps(request.json)


@pytest.mark.parametrize("path", ROUTES)
def test_errors_are_in_the_dialect_of_the_route(relay: Gateway, scripted: Upstream, path: str) -> None:
    whole = gzip.compress(json.dumps(ROUTES[path]).encode())
    for body, coding, status, words in [
        (whole, "br", 415, "Content-Encoding"),
        (whole, "gzip, gzip", 415, "Content-Encoding"),
        (whole, "identity, gzip, zstd", 415, "Content-Encoding"),
        (whole[:-9], "gzip", 400, "ends early"),
        (whole + b"more", "gzip", 400, "followed by"),
        (whole, "zstd", 400, "damaged"),
        (whole, "deflate", 400, "damaged"),
        (gzip.compress(b"not JSON"), "gzip", 400, ""),
        (gzip.compress(b"[" + b" " * (64 << 20)), "gzip", 413, "larger than"),
    ]:
        response = send(relay, path, body, coding)
        assert response.status_code == status, (coding, response.text)
        assert words in message(response)
        assert response.headers.get("accept-encoding") == ("gzip, deflate, zstd" if status == 415 else None)
        if "/anthropic/" in path:
            assert response.json()["type"] == "error"
        elif "/gemini/" in path:
            assert response.json()["error"]["code"] == status
    assert not scripted.requests


@pytest.mark.parametrize("coding", ["identity", "Identity", "", "identity, gzip"])
def test_no_compression_by_name_is_none(relay: Gateway, scripted: Upstream, coding: str) -> None:
    body = json.dumps(CHAT).encode()
    content = gzip.compress(body) if "gzip" in coding else body
    assert send(relay, "/openai/v1/chat/completions", content, coding).status_code == 200


def test_a_compressed_body_in_chunks_and_pieces(relay: Gateway, scripted: Upstream) -> None:
    body = zstandard.compress(json.dumps(CHAT).encode())
    with Connection(relay) as connection:
        head = connection.head(
            "/openai/v1/chat/completions", "content-encoding: zstd\r\ntransfer-encoding: chunked\r\n"
        )
        connection.send(head)
        for index in range(len(body)):
            connection.send(b"1\r\n" + body[index : index + 1] + b"\r\n")
        connection.send(b"0\r\n\r\n")
        assert connection.response().status == 200
        # The connection is good for the next request.
        connection.request("/openai/v1/chat/completions", CHAT)
        assert connection.response().status == 200


def test_a_large_compressed_body_arrives_whole(relay: Gateway, scripted: Upstream) -> None:
    filler = "".join(f"{n:07d} " for n in range(1_000_000))
    body = json.dumps({**CHAT, "messages": [{"role": "user", "content": filler}]}).encode()
    for name, compress in CODINGS.values():
        scripted.reset()
        assert send(relay, "/openai/v1/chat/completions", compress(body), name).status_code == 200
        assert scripted.request.json["messages"][0]["content"] == filler


@pytest.fixture
def narrow(tmp_path: Path, upstream: Upstream) -> Iterator[Gateway]:
    """A gateway whose callers hold no more than one large body."""
    server = {
        "max_body_bytes": "1MiB",
        "max_body_bytes_in_flight": "2MiB",
        "max_body_bytes_in_flight_per_caller": "1MiB",
    }
    running = Gateway(tmp_path, upstream_config(upstream, server=server)).start()
    yield running
    assert running.stop() == 0


def test_what_is_decompressed_counts_towards_what_the_caller_may_hold(narrow: Gateway, upstream: Upstream) -> None:
    def body(size: int) -> bytes:
        return json.dumps({**CHAT, "messages": [{"role": "user", "content": "x" * size}]}).encode()

    path = "/openai/v1/chat/completions"
    assert send(narrow, path, gzip.compress(body(900_000)), "gzip").status_code == 200
    assert send(narrow, path, gzip.compress(body(1_100_000)), "gzip").status_code == 413

    async def wait(exchange: Any) -> None:
        await exchange.closed.wait()

    upstream.script(wait)
    with Connection(narrow) as connection:
        content = gzip.compress(body(900_000))
        connection.request(path, content, "content-encoding: gzip\r\n")
        upstream.wait(lambda: len(upstream.requests) == 2, "the first request is in flight")
        refused = send(narrow, path, gzip.compress(body(900_000)), "gzip")
        assert refused.status_code == 429, refused.text
    upstream.script(bodies.answer)


def test_other_clients_are_served_while_bombs_are_defused(gateway: Gateway) -> None:
    bomb = gzip.compress(b" " * (256 << 20), compresslevel=9)
    path = "/openai/v1/chat/completions"
    for coding, content in {"gzip": bomb, "zstd": zstandard.compress(b" " * (256 << 20))}.items():
        for _ in range(5):
            assert send(gateway, path, content, coding).status_code == 413
    assert gateway.get("/health").status_code == 200


class Compressing(httpx.HTTPTransport):
    """Compresses every body, as a proxy of a company may."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content = zstandard.compress(request.read())
        headers = {key: value for key, value in request.headers.items() if key.lower() != "content-length"}
        return super().handle_request(
            httpx.Request(request.method, request.url, headers={**headers, "content-encoding": "zstd"}, content=content)
        )


def test_the_openai_sdk_over_a_transport_that_compresses(gateway: Gateway) -> None:
    transport: Any = httpx.Client(transport=Compressing())
    client = openai.OpenAI(base_url=gateway.url + "/openai/v1", api_key=gateway.token, http_client=transport)
    completion = client.chat.completions.create(
        model="system.ai.claude-sonnet-4-5", messages=[{"role": "user", "content": "Hello!"}]
    )
    assert "Hello!" in (completion.choices[0].message.content or "")
    events = client.responses.create(model="system.ai.gpt-5", input="Hello!", stream=True)
    assert [event.type for event in events][-1] == "response.completed"
