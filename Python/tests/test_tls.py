# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""TLS on both sides: the listener's certificate, and upstreams whose certificate is checked."""

from __future__ import annotations

import shutil
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from certificates import make_certificate
from config import PROVIDER_KEY, service
from gateway import Gateway, wait_until
from openai import OpenAI
from rawhttp import Connection
from upstream import Upstream


def test_the_official_sdk_over_https(launch: Any, certificate: tuple[Path, Path]) -> None:
    chain, key = certificate
    gateway: Gateway = launch({"simulator": True, "server": {"tls": {"certificate": str(chain), "key": str(key)}}})
    assert gateway.url.startswith("https://")
    context = ssl.create_default_context(cafile=str(chain))
    transport: Any
    with httpx.Client(verify=context) as transport:
        client = OpenAI(
            api_key=gateway.token, base_url=gateway.url + "/mlflow/v1", http_client=transport, max_retries=0
        )
        question: Any = [{"role": "user", "content": "Hello!"}]
        assert client.chat.completions.create(model="gpt-5", messages=question).choices[0].message.content
        chunks = list(client.chat.completions.create(model="claude-sonnet-4-5", messages=question, stream=True))
        assert chunks[-1].choices[0].finish_reason == "stop"
    with pytest.raises(httpx.ConnectError):
        httpx.get(gateway.url + "/health")  # Unknown authority: the certificate really is in use.


@pytest.mark.parametrize("name", ["certificate", "key"])
def test_files_that_are_not_there_or_wrong_are_named(launch: Any, certificate: tuple[Path, Path], name: str) -> None:
    paths = dict(zip(("certificate", "key"), map(str, certificate), strict=True))
    gateway: Gateway = launch({"simulator": True})
    assert gateway.stop() == 0
    gateway.write_config({"server": {"tls": {**paths, name: "/nonexistent.pem"}}})
    assert gateway.spawn().wait(30) != 0
    assert "/nonexistent.pem" in gateway.stderr


@pytest.fixture
def secure_upstream(certificate: tuple[Path, Path]) -> Iterator[Upstream]:
    """An upstream behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with Upstream(context) as server:
        yield server


def test_an_upstream_is_trusted_only_with_a_certificate_that_is(
    launch: Any, certificate: tuple[Path, Path], secure_upstream: Upstream
) -> None:
    config = {
        "provider_services": {
            "test.providers.tls": {
                "provider_type": "custom",
                "base_url": f"https://localhost:{secure_upstream.port}/v1",
                "api_key": PROVIDER_KEY,
            },
        },
        "model_services": {"test.ai.tls": service("test.providers.tls", "m")},
    }
    ask = {"model": "test.ai.tls", "messages": []}
    stranger: Gateway = launch(config)
    response = stranger.post("/openai/v1/chat/completions", ask)
    assert response.status_code == 502
    assert "test.providers.tls" in response.json()["message"]
    # The authorities of the machine, which OpenSSL's variable replaces.
    trusting: Gateway = launch(config, environment={"SSL_CERT_FILE": str(certificate[0])})
    with trusting.client() as client:
        for _ in range(3):
            response = client.post("/openai/v1/chat/completions", json=ask)
            assert response.status_code == 200, response.text
    assert [request.connection for request in secure_upstream.requests] == [1, 1, 1]


def test_tls_to_a_port_without_it_is_answered_at_once(gateway: Gateway) -> None:
    """A handshake has no end of line that would tell the gateway that something is wrong."""
    with Connection(gateway) as connection:
        connection.send(bytes.fromhex("16030100c8010000c40303") + b"A" * 40)
        answer = connection.response()
        assert answer.status == 400 and "plain HTTP" in answer.json["message"]
        assert not connection.fill()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"https://{gateway.host}:{gateway.port}/health", verify=False)


def serves(gateway: Gateway, chain: Path) -> bool:
    """Whether new connections get the certificate of a file."""
    try:
        context = ssl.create_default_context(cafile=str(chain))
        return httpx.get(gateway.url + "/health", verify=context).status_code == 200
    except httpx.ConnectError:
        return False


@pytest.mark.parametrize("by_signal", [False, True])
def test_a_new_certificate_is_used_without_dropping_connections(launch: Any, tmp_path: Path, by_signal: bool) -> None:
    old_chain, old_key = make_certificate(tmp_path / "old")
    new_chain, new_key = make_certificate(tmp_path / "new")
    chain, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    shutil.copy(old_chain, chain)
    shutil.copy(old_key, key)
    gateway: Gateway = launch({"simulator": True, "server": {"tls": {"certificate": str(chain), "key": str(key)}}})
    context = ssl.create_default_context(cafile=str(old_chain))
    with httpx.Client(verify=context, limits=httpx.Limits(max_connections=1)) as client:
        assert client.get(gateway.url + "/health").status_code == 200
        # A pair that does not match: the old one stays in use, and administrators see why.
        shutil.copy(new_chain, chain)
        wait_until(lambda: "cannot be used" in gateway.stderr, "the log has the reason")
        assert serves(gateway, old_chain) and not serves(gateway, new_chain)
        ready = client.get(gateway.url + "/ready", headers=gateway.bearer).json()
        assert any(str(chain) in problem for problem in ready["problems"]), ready
        shutil.copy(new_key, key)
        if by_signal:
            assert gateway.process
            gateway.process.send_signal(signal.SIGHUP)
        wait_until(lambda: serves(gateway, new_chain), "the new certificate is in use")
        assert not serves(gateway, old_chain)
        # The connection that was open is still good.
        assert client.get(gateway.url + "/health").status_code == 200
        assert "problems" not in client.get(gateway.url + "/ready", headers=gateway.bearer).text


def test_plain_http_on_the_tls_port_is_told_so(launch: Any, certificate: tuple[Path, Path]) -> None:
    chain, key = certificate
    gateway: Gateway = launch({"simulator": True, "server": {"tls": {"certificate": str(chain), "key": str(key)}}})
    for _ in range(3):
        response = httpx.get(gateway.url.replace("https", "http") + "/health")
        assert response.status_code == 400 and "https://" in response.json()["message"]
    large = httpx.post(gateway.url.replace("https", "http") + "/v1/chat/completions", content=b"x" * 200_000)
    assert large.status_code == 400
    wait_until(lambda: "plain HTTP" in gateway.stderr, "the log says so")
    assert gateway.stderr.count("plain HTTP") == 1
    assert serves(gateway, chain)


def test_tls_on_the_plain_port_is_logged_once(launch: Any) -> None:
    gateway: Gateway = launch({"simulator": True})
    for _ in range(3):
        with pytest.raises(httpx.ConnectError):
            httpx.get(gateway.url.replace("http", "https") + "/health")
    wait_until(lambda: "began with TLS" in gateway.stderr, "the log says so")
    assert gateway.stderr.count("began with TLS") == 1
