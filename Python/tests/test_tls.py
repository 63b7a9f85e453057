# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""TLS on both sides: the listener's certificate, and upstreams whose certificate is checked."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from config import PROVIDER_KEY, service
from gateway import Gateway
from openai import OpenAI
from rawhttp import Connection
from upstream import Upstream


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and localhost that is its own authority."""
    directory = tmp_path_factory.mktemp("tls")
    chain, key = directory / "certificate.pem", directory / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        + ["-keyout", str(key), "-out", str(chain)],
        check=True,
        capture_output=True,
    )
    return chain, key


def test_the_official_sdk_over_https(launch: Any, certificate: tuple[Path, Path]) -> None:
    chain, key = certificate
    gateway: Gateway = launch({"simulator": True, "server": {"tls": {"certificate": str(chain), "key": str(key)}}})
    assert gateway.url.startswith("https://")
    context = ssl.create_default_context(cafile=str(chain))
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
    with pytest.raises(httpx.TransportError):
        httpx.get(gateway.url.replace("https", "http") + "/health")


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
