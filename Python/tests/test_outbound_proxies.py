# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Upstreams behind an HTTP proxy: tunnels, forwarded requests, and proxies that misbehave."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from authority import Authority
from config import PROVIDER_KEY, service
from gateway import Gateway, run, wait_until
from proxy import Proxy
from upstream import Exchange, Upstream

PASSWORD = "proxy-canary-71c4"
CREDENTIALS = base64.b64encode(f"user:{PASSWORD}".encode()).decode()
ASK = {"model": "test.ai.m", "messages": []}
CHAT = "/openai/v1/chat/completions"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secure_upstream(authority: Authority) -> Iterator[Upstream]:
    """An upstream whose name only the proxy knows."""
    with Upstream(authority.server("upstream", "DNS:upstream.test")) as server:
        yield server


@pytest.fixture
def tunnel(secure_upstream: Upstream) -> Iterator[Proxy]:
    with Proxy({"upstream.test:443": ("127.0.0.1", secure_upstream.port)}) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def service_account_key() -> str:
    """The JSON key of a service account, made for these tests."""
    made = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], check=True, capture_output=True
    )
    return json.dumps(
        {
            "type": "service_account",
            "client_email": "a@b.iam.gserviceaccount.com",
            "token_uri": "https://oauth2.googleapis.com/token",
            "private_key_id": "1",
            "private_key": made.stdout.decode(),
        }
    )


def config(base: str, **more: Any) -> dict[str, Any]:
    provider = {"provider_type": "custom", "base_url": base, "api_key": PROVIDER_KEY, **more}
    return {
        "provider_services": {"test.providers.p": provider},
        "model_services": {"test.ai.m": service("test.providers.p", "m")},
    }


def secure(authority: Authority, **more: Any) -> dict[str, Any]:
    return config("https://upstream.test/v1", tls={"ca_file": str(authority.certificate)}, **more)


def fails(gateway: Gateway, *words: str, status: int = 502) -> None:
    """A request fails: the log says why, and the client hears nothing of the proxy."""
    response = gateway.post(CHAT, ASK)
    assert response.status_code == status, response.text
    assert "proxy" not in response.text.lower() and "127.0.0.1" not in response.text
    for word in words:
        wait_until(lambda word=word: word in gateway.stderr, f"{word} in the log: {gateway.stderr}")
    assert PASSWORD not in gateway.output and CREDENTIALS not in gateway.output


@pytest.mark.parametrize("splits", [False, True])
@pytest.mark.parametrize("source", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "file"])
def test_a_tunnel_leads_to_a_name_that_only_the_proxy_knows(
    launch: Any, authority: Authority, secure_upstream: Upstream, tunnel: Proxy, source: str, splits: bool
) -> None:
    tunnel.splits = splits
    url = f"http://user:{PASSWORD}@127.0.0.1:{tunnel.port}"
    more = {"proxy": url} if source == "file" else {}
    gateway: Gateway = launch(secure(authority, **more), environment={} if more else {source: url})
    before = len(secure_upstream.requests)
    with gateway.client() as client:
        for _ in range(3):
            response = client.post(CHAT, json=ASK)
            assert response.status_code == 200, response.text
    # One tunnel carries all of them.
    assert tunnel.heads == [
        "CONNECT upstream.test:443 HTTP/1.1\r\nhost: upstream.test:443\r\n"
        f"proxy-authorization: Basic {CREDENTIALS}\r\n\r\n"
    ]
    for request in secure_upstream.requests[before:]:
        assert request.target == "/v1/chat/completions"
        assert request.header("host") == "upstream.test"
        assert request.header("proxy-authorization") is None
    assert PASSWORD not in gateway.output and CREDENTIALS not in gateway.output
    assert f"Proxies: http://127.0.0.1:{tunnel.port}\n" in gateway.stderr


def test_a_tunnel_without_credentials_has_none(launch: Any, authority: Authority, tunnel: Proxy) -> None:
    gateway: Gateway = launch(secure(authority), environment={"HTTPS_PROXY": f"127.0.0.1:{tunnel.port}"})
    assert gateway.post(CHAT, ASK).status_code == 200
    assert tunnel.heads == ["CONNECT upstream.test:443 HTTP/1.1\r\nhost: upstream.test:443\r\n\r\n"]


def test_streams_pass_through_a_tunnel(launch: Any, authority: Authority, tunnel: Proxy) -> None:
    gateway: Gateway = launch(secure(authority, proxy=f"http://127.0.0.1:{tunnel.port}"))
    response = gateway.post(CHAT, {**ASK, "stream": True})
    assert response.status_code == 200 and response.text.rstrip().endswith("data: [DONE]")


@pytest.mark.parametrize("by_file", [False, True])
def test_tls_to_the_proxy_itself(launch: Any, authority: Authority, secure_upstream: Upstream, by_file: bool) -> None:
    names = {"upstream.test:443": ("127.0.0.1", secure_upstream.port)}
    with Proxy(names, tls=authority.server("proxy", "DNS:localhost")) as proxy:
        url = f"https://user:{PASSWORD}@localhost:{proxy.port}"
        gateway: Gateway
        if by_file:
            gateway = launch(secure(authority, proxy=url))
        else:
            environment = {"SSL_CERT_FILE": str(authority.certificate), "HTTPS_PROXY": url}
            gateway = launch(config("https://upstream.test/v1"), environment=environment)
        with gateway.client() as client:
            for _ in range(2):
                assert client.post(CHAT, json=ASK).status_code == 200
        assert len(proxy.heads) == 1
        assert CREDENTIALS in proxy.heads[0]


def test_a_proxy_whose_certificate_is_not_trusted_gets_nothing(launch: Any, authority: Authority) -> None:
    with Proxy({}, tls=authority.server("stranger", "DNS:localhost")) as proxy:
        url = f"https://user:{PASSWORD}@localhost:{proxy.port}"
        gateway: Gateway = launch(config("https://upstream.test/v1", proxy=url))
        fails(gateway, f"https://localhost:{proxy.port}", "not trusted")
        # The name counts too.
        url = url.replace("localhost", "127.0.0.1")
        other: Gateway = launch(secure(authority, proxy=url))
        fails(other, f"https://127.0.0.1:{proxy.port}", "correct the host in the proxy's URL")
        assert proxy.heads == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 407 No\r\nproxy-authenticate: Basic\r\n\r\n", ["(407)", "user name and password"]),
        (b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno", ["(403)", "refused to connect"]),
        (b"HTTP/1.1 301 Away\r\nlocation: http://elsewhere/\r\n\r\n", ["(301)"]),
        (b"SSH-2.0-x\r\n\r\n", ["did not answer as an HTTP proxy"]),
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * 20_000, ["did not answer as an HTTP proxy"]),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 101, ["did not answer as an HTTP proxy"]),
        (b"", ["closed the connection before the tunnel was open"]),
        # Bytes after the answer are the upstream's, and these are not TLS.
        (b"HTTP/1.1 200 OK\r\n\r\nhello, who is there?", ["test.providers.p"]),
    ],
)
def test_a_proxy_that_refuses_or_misbehaves_is_named(
    launch: Any, authority: Authority, answer: bytes, words: list[str]
) -> None:
    with Proxy({}, answer=answer) as proxy:
        url = f"http://user:{PASSWORD}@127.0.0.1:{proxy.port}"
        gateway: Gateway = launch(secure(authority, proxy=url))
        fails(gateway, *words)
        if b"hello" not in answer:
            assert f"http://127.0.0.1:{proxy.port}" in gateway.stderr


def test_a_proxy_that_hangs_costs_the_time_to_connect(launch: Any, authority: Authority) -> None:
    with Proxy({}, hangs=True) as proxy:
        url = f"http://user:{PASSWORD}@127.0.0.1:{proxy.port}"
        gateway: Gateway = launch(secure(authority, proxy=url, timeouts={"connect": "300ms"}))
        fails(gateway, f"The proxy http://127.0.0.1:{proxy.port} did not open a tunnel", status=504)


def test_a_proxy_that_is_not_there_is_named(launch: Any, authority: Authority) -> None:
    with Proxy({}) as proxy:
        port = proxy.port
    gateway: Gateway = launch(secure(authority, proxy=f"http://user:{PASSWORD}@127.0.0.1:{port}"))
    fails(gateway, f"The proxy http://127.0.0.1:{port} could not be reached")


def test_a_fallback_is_tried_when_the_proxy_refuses(launch: Any, authority: Authority, upstream: Upstream) -> None:
    with Proxy({}, answer=b"HTTP/1.1 503 Busy\r\n\r\n") as proxy:
        settings = secure(authority, proxy=f"http://127.0.0.1:{proxy.port}")
        other = config(upstream.url + "/custom/v1")["provider_services"]["test.providers.p"]
        settings["provider_services"]["test.providers.other"] = other
        fallback = [{"provider": "test.providers.other", "model": "m"}]
        settings["model_services"]["test.ai.m"]["fallback"] = fallback
        gateway: Gateway = launch(settings)
        assert gateway.post(CHAT, ASK).status_code == 200
        assert len(proxy.heads) == 1


def test_requests_to_plain_upstreams_are_forwarded_in_absolute_form(launch: Any, upstream: Upstream) -> None:
    upstream.answer({"id": "1", "object": "chat.completion", "choices": []})
    url = f"http://user:{PASSWORD}@127.0.0.1:{upstream.port}"
    gateway: Gateway = launch(config("http://plain.test:8080/v1"), environment={"http_proxy": url})
    with gateway.client() as client:
        for _ in range(2):
            assert client.post(CHAT, json=ASK).status_code == 200
    for request in upstream.requests:
        assert request.target == "http://plain.test:8080/v1/chat/completions"
        assert request.header("host") == "plain.test:8080"
        assert request.header("proxy-authorization") == f"Basic {CREDENTIALS}"
    assert [request.connection for request in upstream.requests] == [1, 1]


def test_credentials_that_a_forwarding_proxy_refuses_are_the_operators_affair(launch: Any, upstream: Upstream) -> None:
    upstream.answer({"error": f"who is user:{PASSWORD}?"}, "407 Proxy Authentication Required")
    url = f"http://user:{PASSWORD}@127.0.0.1:{upstream.port}"
    gateway: Gateway = launch(config("http://plain.test/v1", proxy=url))
    fails(gateway, "(407)", f"http://127.0.0.1:{upstream.port}")


def test_this_machine_and_exceptions_are_reached_directly(launch: Any, upstream: Upstream) -> None:
    with Proxy({}) as proxy:
        environment = {"ALL_PROXY": f"http://127.0.0.1:{proxy.port}"}
        gateway: Gateway = launch(config(upstream.url + "/custom/v1"), environment=environment)
        assert gateway.post(CHAT, ASK).status_code == 200
        # The one in the file counts for this machine too.
        gateway.write_config(config(upstream.url + "/custom/v1", proxy=f"http://127.0.0.1:{proxy.port}"))
        wait_until(lambda: "Configuration reloaded" in gateway.stderr, "the file is read again")
        assert gateway.post(CHAT, ASK).status_code == 502
        wait_until(lambda: proxy.heads, "the proxy is asked")
        assert proxy.heads[0].startswith(f"POST {upstream.url}/custom/v1/chat/completions HTTP/1.1\r\n")


def test_tokens_are_fetched_through_the_proxy_too(launch: Any, authority: Authority, service_account_key: str) -> None:
    async def answer(exchange: Exchange) -> None:
        if exchange.request.target == "/token":
            await exchange.respond({"access_token": "ya29.token", "expires_in": 3600, "token_type": "Bearer"})
        else:
            await exchange.respond({"candidates": []})

    with Upstream(authority.server("google", "DNS:oauth2.googleapis.com", "DNS:vertex.test")) as google:
        google.script(answer)
        names = {f"{name}:443": ("127.0.0.1", google.port) for name in ("oauth2.googleapis.com", "vertex.test")}
        with Proxy(names) as proxy:
            settings = config(
                "https://vertex.test",
                provider_type="gemini_enterprise",
                project="p",
                region="global",
                service_account_key=service_account_key,
                proxy=f"http://user:{PASSWORD}@127.0.0.1:{proxy.port}",
                tls={"ca_file": str(authority.certificate)},
            )
            del settings["provider_services"]["test.providers.p"]["api_key"]
            gateway: Gateway = launch(settings)
            gateway.post("/gemini/v1beta/models/test.ai.m:generateContent", {"contents": [{"parts": [{"text": "x"}]}]})
            assert [head.split()[1] for head in proxy.heads] == ["oauth2.googleapis.com:443", "vertex.test:443"]
            assert all(CREDENTIALS in head for head in proxy.heads)
            assert [request.target for request in google.requests][0] == "/token"
            assert google.requests[1].header("authorization") == "Bearer ya29.token"


def test_a_connection_of_one_proxy_is_not_used_for_another(
    launch: Any, authority: Authority, secure_upstream: Upstream
) -> None:
    names = {"upstream.test:443": ("127.0.0.1", secure_upstream.port)}
    with Proxy(names) as one, Proxy(names) as other:
        gateway: Gateway = launch(secure(authority, proxy=f"http://127.0.0.1:{one.port}"))
        assert gateway.post(CHAT, ASK).status_code == 200
        gateway.write_config(secure(authority, proxy=f"http://127.0.0.1:{other.port}"))
        wait_until(lambda: "Configuration reloaded" in gateway.stderr, "the file is read again")
        assert gateway.post(CHAT, ASK).status_code == 200
        assert (len(one.heads), len(other.heads)) == (1, 1)


@pytest.mark.parametrize(
    "value",
    ["socks5://user:PASSWORD@localhost:1080", "http://user:PASSWORD@", "http://u:PASSWORD@host/path", "PASSWORD"],
)
def test_proxies_that_are_of_no_use_are_errors_that_show_no_password(tmp_path: Any, value: str) -> None:
    value = value.replace("PASSWORD", PASSWORD)
    file = tmp_path / "gatehouse.yaml"
    file.write_text(json.dumps(config("https://upstream.test/v1", proxy=value)))
    result = run("check", "--config", str(file), check=False)
    assert result.returncode == 1
    assert "proxy" in result.stderr and "SOCKS proxies are not supported" in result.stderr
    assert PASSWORD not in result.stdout + result.stderr
