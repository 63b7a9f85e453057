# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Reverse proxies before the gateway: whose word is taken, the PROXY protocol, and paths below which it is served."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Callable
from pathlib import Path

import httpx
import openai
import pytest
from config import problems, upstream_config
from gateway import Gateway, wait_until
from rawhttp import Connection
from upstream import Upstream

CHAT = "/openai/v1/chat/completions"
ASK = {"model": "test.ai.openai", "messages": [{"role": "user", "content": "Hello!"}]}
FORWARDED = {
    "X-Forwarded-For": "198.51.100.9, 203.0.113.5",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "ai.example",
}

Launch = Callable[..., Gateway]


@pytest.mark.parametrize("trusted", [True, False])
def test_forwarded_headers_of_a_trusted_proxy(launch: Launch, upstream: Upstream, trusted: bool) -> None:
    server = {"trusted_proxies": ["127.0.0.0/8" if trusted else "10.0.0.0/8"], "access_log": True}
    gateway = launch(upstream_config(upstream, server=server))
    headers = {**gateway.bearer, **FORWARDED}
    assert gateway.post(CHAT, ASK, headers=headers).status_code == 200
    [row] = gateway.usage(columns="ip_address")
    assert row["ip_address"] == ("203.0.113.5" if trusted else "127.0.0.1")
    wait_until(lambda: CHAT in gateway.stderr, "the request is logged")
    assert (f"gatehouse.access: {row['ip_address']} POST {CHAT} 200") in gateway.stderr
    page = gateway.get("/", headers=FORWARDED).text
    assert ("https://ai.example/openai/v1" in page) == trusted
    config = gateway.get("/.well-known/databricks-config", headers=FORWARDED).json()
    assert config["oidc_endpoint"] == ("https://ai.example/oidc" if trusted else f"{gateway.url}/oidc")
    # Whoever comes through a proxy is not on this machine.
    assert gateway.get("/metrics", headers=FORWARDED).status_code == 401


def test_a_gateway_without_tokens_serves_no_client_of_a_proxy(launch: Launch, upstream: Upstream) -> None:
    config = upstream_config(upstream, server={"trusted_proxies": ["127.0.0.1"]})
    gateway = launch(config, arguments=("--insecure",), token=None)
    json = {"Content-Type": "application/json"}
    assert gateway.post(CHAT, ASK, headers=json).status_code == 200
    assert gateway.post(CHAT, ASK, headers={**json, "X-Forwarded-For": "203.0.113.5"}).status_code == 403
    assert gateway.post(CHAT, ASK, headers={**json, "X-Forwarded-Host": "ai.example"}).status_code == 403


def header_v1(address: str) -> bytes:
    return f"PROXY TCP4 {address} 10.0.0.1 4711 443\r\n".encode()


def header_v2(address: str) -> bytes:
    addresses = socket.inet_aton(address) + socket.inet_aton("10.0.0.1") + struct.pack("!HH", 4711, 443)
    return b"\r\n\r\n\x00\r\nQUIT\n\x21\x11" + struct.pack("!H", len(addresses)) + addresses


@pytest.mark.parametrize("header", [header_v1, header_v2])
def test_the_proxy_protocol(launch: Launch, upstream: Upstream, header: Callable[[str], bytes]) -> None:
    server = {"trusted_proxies": ["127.0.0.1"], "proxy_protocol": True}
    gateway = launch(upstream_config(upstream, server=server))
    for number, pieces in enumerate((1, 3)):
        with Connection(gateway) as connection:
            data = header(f"203.0.113.{number}")
            for index in range(0, len(data), len(data) // pieces + 1):
                connection.send(data[index : index + len(data) // pieces + 1])
            for _ in range(2):
                connection.request(CHAT, ASK)
                assert connection.response().status == 200
    rows = gateway.usage(count=4, columns="ip_address")
    assert [row["ip_address"] for row in rows] == ["203.0.113.0"] * 2 + ["203.0.113.1"] * 2


def test_a_connection_without_the_header_is_closed(launch: Launch, upstream: Upstream) -> None:
    server = {"trusted_proxies": ["127.0.0.1"], "proxy_protocol": True}
    gateway = launch(upstream_config(upstream, server=server))
    strange = [
        b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n",
        b"PROXY TCP4 a b c d\r\n",
        b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\xff\xff",
    ]
    for data in strange:
        with Connection(gateway) as connection:
            connection.send(data)
            assert connection.ended() and not connection.buffer
    wait_until(lambda: "proxy_protocol" in gateway.stderr, "the log says so")
    # Once, however often it happens.
    assert gateway.stderr.count("without a valid PROXY header") == 1
    with Connection(gateway) as connection:
        connection.send(header_v1("203.0.113.1") + b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
        assert connection.response().status == 200


def test_the_proxy_protocol_before_tls(launch: Launch, certificate: tuple[Path, Path]) -> None:
    chain, key = certificate
    tls = {"certificate": str(chain), "key": str(key)}
    server = {"trusted_proxies": ["127.0.0.1"], "proxy_protocol": True, "tls": tls, "access_log": True}
    gateway = launch({"simulator": True, "server": server})
    context = ssl.create_default_context(cafile=str(chain))
    with socket.create_connection((gateway.host, gateway.port), 10) as plain:
        plain.sendall(header_v2("203.0.113.77"))
        with context.wrap_socket(plain, server_hostname="localhost") as secure:
            secure.sendall(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            assert secure.recv(4096).startswith(b"HTTP/1.1 200 ")
    wait_until(lambda: "203.0.113.77 GET /health 200" in gateway.stderr, "the request is logged")


def test_the_proxy_protocol_needs_proxies_that_are_trusted(tmp_path: Path) -> None:
    assert "trusted_proxies" in problems(tmp_path, {"server": {"proxy_protocol": True}})
    assert "trusted_proxies[0]" in problems(tmp_path, {"server": {"trusted_proxies": ["10.0.0.0/33"]}})


def test_everything_is_served_below_the_base_path(launch: Launch) -> None:
    gateway = launch({"simulator": True, "server": {"base_path": "/gateway"}})
    client = openai.OpenAI(base_url=gateway.url + "/gateway/openai/v1", api_key=gateway.token, max_retries=0)
    completion = client.chat.completions.create(
        model="system.ai.claude-sonnet-4-5", messages=[{"role": "user", "content": "Hello!"}]
    )
    assert completion.choices[0].message.content
    assert client.models.list().data
    below = httpx.Client(base_url=gateway.url + "/gateway", headers=gateway.bearer)
    for path in ("/health", "/ready", "/metrics", "/ai-gateway/anthropic/v1/models", "", "/"):
        assert below.get(path).status_code == 200
    for path in ("/health", "/", "/openai/v1/models", "/gateway2/health", "/x/gateway/health"):
        response = gateway.get(path)
        assert response.status_code == 404, path
        assert "/gateway" in response.json()["message"]
    assert gateway.post("/openai/v1/chat/completions", {}).status_code == 404
    assert below.get("/nonsense").status_code == 404
    # The addresses that it writes are below the path, too.
    assert f"{gateway.url}/gateway/openai/v1" in below.get("/").text
    assert below.get("/.well-known/databricks-config").json()["oidc_endpoint"] == f"{gateway.url}/gateway/oidc"
    assert f"{gateway.url}/gateway/v1/chat/completions" in gateway.stderr


def test_a_proxy_that_takes_the_path_off_says_so(launch: Launch) -> None:
    gateway = launch({"simulator": True, "server": {"trusted_proxies": ["127.0.0.1"]}})
    headers = {"X-Forwarded-Prefix": "/llm", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "ai.example"}
    assert "https://ai.example/llm/openai/v1" in gateway.get("/", headers=headers).text


@pytest.mark.parametrize("path", ["gateway", "/", "/gateway/", "/a b", "/../x"])
def test_base_paths_that_are_none(tmp_path: Path, path: str) -> None:
    assert "server.base_path" in problems(tmp_path, {"server": {"base_path": path}})
