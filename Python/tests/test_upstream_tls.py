# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""TLS settings of a provider service, and what the log says where they are missing."""

from __future__ import annotations

import json
import shutil
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from authority import Authority
from config import PROVIDER_KEY, service
from gateway import Gateway, run, wait_until
from proxy import Proxy
from upstream import Upstream

ASK = {"model": "test.ai.m", "messages": []}
CHAT = "/openai/v1/chat/completions"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def config(port: int, host: str = "localhost", **tls: Any) -> dict[str, Any]:
    provider: dict[str, Any] = {
        "provider_type": "custom",
        "base_url": f"https://{host}:{port}/v1",
        "api_key": PROVIDER_KEY,
    }
    if tls:
        provider["tls"] = tls
    return {
        "provider_services": {"test.providers.p": provider},
        "model_services": {"test.ai.m": service("test.providers.p", "m")},
    }


@contextmanager
def serving(context: ssl.SSLContext) -> Iterator[Upstream]:
    with Upstream(context) as server:
        yield server


def fails(gateway: Gateway, *words: str) -> None:
    """A request fails: the log says what to do, and the client hears nothing of it."""
    response = gateway.post(CHAT, ASK)
    assert response.status_code == 502, response.text
    assert "tls." not in response.text and "certificate" not in response.text
    for word in words:
        wait_until(lambda word=word: word in gateway.stderr, f"{word} in the log: {gateway.stderr}")


@pytest.mark.parametrize("mode", ["replace", "add"])
def test_a_private_authority(launch: Any, authority: Authority, mode: str) -> None:
    with serving(authority.server("a", "DNS:localhost")) as upstream:
        gateway: Gateway = launch(config(upstream.port, ca_file=str(authority.certificate), ca_mode=mode))
        with gateway.client() as client:
            for _ in range(3):
                assert client.post(CHAT, json=ASK).status_code == 200
        assert [request.connection for request in upstream.requests] == [1, 1, 1]


def test_an_authority_of_the_file_replaces_those_of_the_environment(
    launch: Any, authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "Other CA")
    environment = {"SSL_CERT_FILE": str(authority.certificate)}
    with serving(authority.server("b", "DNS:localhost")) as upstream:
        added: Gateway = launch(
            config(upstream.port, ca_file=str(other.certificate), ca_mode="add"), environment=environment
        )
        assert added.post(CHAT, ASK).status_code == 200
        replaced: Gateway = launch(config(upstream.port, ca_file=str(other.certificate)), environment=environment)
        fails(replaced, "tls.ca_file")


def test_a_directory_of_authorities(launch: Any, authority: Authority, tmp_path: Path) -> None:
    directory = tmp_path / "certificates"
    directory.mkdir()
    shutil.copy(authority.certificate, directory / "any name.crt")
    (directory / "README").write_text("not a certificate")
    with serving(authority.server("c", "DNS:localhost")) as upstream:
        gateway: Gateway = launch(config(upstream.port), environment={"SSL_CERT_DIR": f"{directory}:{tmp_path}"})
        assert gateway.post(CHAT, ASK).status_code == 200


def test_a_directory_of_authorities_that_is_not_there_is_named(launch: Any) -> None:
    gateway: Gateway = launch({"simulator": True})
    assert gateway.stop() == 0
    gateway.environment["SSL_CERT_DIR"] = "/nonexistent"
    assert gateway.spawn().wait(30) != 0
    assert "SSL_CERT_DIR, /nonexistent" in gateway.stderr


def test_a_client_certificate(launch: Any, authority: Authority, tmp_path: Path) -> None:
    with serving(authority.server("d", "DNS:localhost", asks_clients=True)) as upstream:
        certificate, key = authority.certify("client")
        tls = {"ca_file": str(authority.certificate)}
        mutual = {**tls, "client_certificate_file": str(certificate), "client_key_file": str(key)}
        gateway: Gateway = launch(config(upstream.port, **mutual))
        assert gateway.post(CHAT, ASK).status_code == 200
        without: Gateway = launch(config(upstream.port, **tls))
        fails(without, "tls.client_certificate_file")
        stranger, stranger_key = Authority(tmp_path, "Stranger CA").certify("stranger")
        strange = {**tls, "client_certificate_file": str(stranger), "client_key_file": str(stranger_key)}
        fails(launch(config(upstream.port, **strange)), "tls.client_certificate_file")
        assert len(upstream.requests) == 1


def test_a_server_name_for_an_upstream_that_is_reached_by_address(launch: Any, authority: Authority) -> None:
    asked: list[str | None] = []
    context = authority.server("e", "DNS:api.example.test")
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    tls = {"ca_file": str(authority.certificate)}
    with serving(context) as upstream:
        wrong: Gateway = launch(config(upstream.port, "127.0.0.1", **tls))
        fails(wrong, "certificate is not for '127.0.0.1'", "tls.server_name")
        gateway: Gateway = launch(config(upstream.port, "127.0.0.1", server_name="api.example.test", **tls))
        assert gateway.post(CHAT, ASK).status_code == 200
        assert asked == [None, "api.example.test"]
        other: Gateway = launch(config(upstream.port, "localhost", server_name="other.example.test", **tls))
        fails(other, "certificate is not for 'other.example.test'")


def test_the_oldest_version(launch: Any, authority: Authority) -> None:
    context = authority.server("f", "DNS:localhost")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    tls = {"ca_file": str(authority.certificate)}
    with serving(context) as upstream:
        assert launch(config(upstream.port, **tls)).post(CHAT, ASK).status_code == 200
        fails(launch(config(upstream.port, minimum_version="1.3", **tls)), "tls.minimum_version")


def test_a_version_that_the_upstream_refuses_by_an_alert(launch: Any, authority: Authority) -> None:
    context = authority.server("i", "DNS:localhost")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with Proxy({}, tls=context) as upstream:
        tls = {"ca_file": str(authority.certificate), "minimum_version": "1.3"}
        fails(launch(config(upstream.port, **tls)), "does not speak the TLS version", "tls.minimum_version")


def test_an_unknown_authority_is_explained(launch: Any, authority: Authority) -> None:
    with serving(authority.server("g", "DNS:localhost")) as upstream:
        fails(launch(config(upstream.port)), "not trusted", "tls.ca_file")


def test_files_are_read_again_when_they_change(launch: Any, authority: Authority, tmp_path: Path) -> None:
    trusted = tmp_path / "trusted.pem"
    shutil.copy(Authority(tmp_path, "Old CA").certificate, trusted)
    with serving(authority.server("h", "DNS:localhost")) as upstream:
        gateway: Gateway = launch(config(upstream.port, ca_file=str(trusted)))
        fails(gateway, "tls.ca_file")
        shutil.copy(authority.certificate, trusted)
        wait_until(lambda: "Configuration reloaded" in gateway.stderr, "the file is read again")
        assert gateway.post(CHAT, ASK).status_code == 200


def test_wrong_files_are_named(authority: Authority, tmp_path: Path) -> None:
    certificate, key = authority.certify("one")
    _, other_key = authority.certify("two")
    text = tmp_path / "text.pem"
    text.write_text("not PEM")
    cases: list[tuple[dict[str, str], list[str]]] = [
        ({"ca_file": "/nonexistent.pem"}, ["/nonexistent.pem", "No such file"]),
        ({"ca_file": str(tmp_path)}, [str(tmp_path), "not a regular file"]),
        ({"ca_file": str(text)}, [str(text), "no PEM certificate"]),
        ({"client_certificate_file": str(text), "client_key_file": str(key)}, [str(text), "no PEM certificate"]),
        ({"client_certificate_file": str(certificate), "client_key_file": str(text)}, [str(text), "private key"]),
        (
            {"client_certificate_file": str(certificate), "client_key_file": str(other_key)},
            [str(certificate), str(other_key), "does not match"],
        ),
        ({"client_certificate_file": str(certificate)}, ["lacks the key `client_key_file`"]),
    ]
    file = tmp_path / "gatehouse.yaml"
    for tls, words in cases:
        file.write_text(json.dumps(config(1, **tls)))
        result = run("check", "--config", str(file), check=False)
        assert result.returncode == 1, tls
        assert "`provider_services.test.providers.p.tls" in result.stderr
        for word in words:
            assert word in result.stderr, (tls, result.stderr)
