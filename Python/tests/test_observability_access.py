# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Who learns what: strangers whether the gateway is ready, Prometheus the metrics, administrators what is wrong."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from config import upstream_config
from gateway import PATIENCE, Gateway, wait_until
from upstream import Upstream

SECRETS = ["secret-user@example.com", "hidden.catalog.service", "gatehouse.yaml", "/"]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def own_address() -> str:
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            address = probe.getsockname()[0]
        except OSError:
            pytest.skip("This machine has no address but loopback.")
    if address.startswith("127.") or address == "0.0.0.0":
        pytest.skip("This machine has no address but loopback.")
    return str(address)


def test_strangers_learn_nothing_of_a_bad_reload_and_administrators_everything(
    launch: Callable[..., Gateway], upstream: Upstream
) -> None:
    config = upstream_config(upstream)
    gateway = launch(config)
    user = gateway.create_token("alice@example.com")
    bad: dict[str, Any] = {
        **config,
        "users": {"secret-user@example.com": {"nonsense": 1}},
        "model_services": {"hidden.catalog.service": {"destinations": [{"provider": "no.such.provider"}]}},
    }
    gateway.write_config(bad)
    problems = wait_until(lambda: gateway.get("/ready").json().get("problems"), "the problem shows")
    assert "secret-user@example.com" in " ".join(problems) and "gatehouse.yaml" in " ".join(problems)
    for headers in ({}, bearer("dapi-wrong"), bearer(user), {"x-api-key": "nonsense"}):
        response = gateway.get("/ready", headers=headers)
        assert response.status_code == 200 and response.json() == {"status": "ready"}
    assert gateway.get("/ready", headers={"x-api-key": gateway.token}).json()["problems"] == problems


def test_strangers_learn_that_the_store_fails_and_not_where_it_is(launch: Callable[..., Gateway]) -> None:
    gateway = launch()
    (gateway.data / "usage.sqlite").rename(gateway.data / "moved.sqlite")
    wait_until(lambda: gateway.get("/ready").status_code == 503, "the gateway is not ready")
    stranger = gateway.get("/ready", headers={}).json()
    assert stranger["status"] == "not ready" and set(stranger) == {"status", "reason"}
    assert "usage" not in stranger["reason"] and "/" not in stranger["reason"]
    assert str(gateway.data) in " ".join(gateway.get("/ready").json()["problems"])
    wait_until(lambda: "usage.sqlite" in gateway.stderr, "the problem is logged")
    (gateway.data / "moved.sqlite").rename(gateway.data / "usage.sqlite")
    wait_until(lambda: gateway.get("/ready").status_code == 200, "the gateway is ready again")


def metrics(gateway: Gateway, headers: dict[str, str], address: str = "127.0.0.1") -> int:
    url = f"http://{address}:{gateway.port}/metrics"
    response = httpx.get(url, headers=headers, timeout=PATIENCE)
    assert ("gatehouse_connections" in response.text) == (response.status_code == 200)
    if response.status_code == 401:
        assert response.headers["www-authenticate"] == "Bearer"
    if response.status_code != 200:
        assert response.json()["error_code"] in ("UNAUTHENTICATED", "PERMISSION_DENIED")
        assert response.headers["x-request-id"]
    return response.status_code


def test_metrics_are_for_this_machine_and_for_administrators_by_default(launch: Callable[..., Gateway]) -> None:
    gateway = launch(arguments=("--host", "0.0.0.0"))
    user = gateway.create_token("alice@example.com")
    assert metrics(gateway, {}) == 200
    # What a proxy on this machine passes on comes from elsewhere.
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"):
        assert metrics(gateway, {name: "127.0.0.1"}) == 401
        assert metrics(gateway, {name: "127.0.0.1", **bearer(gateway.token)}) == 200
    # A page whose name was made to point here.
    assert metrics(gateway, {"Host": "evil.example"}) == 401
    address = own_address()
    assert metrics(gateway, {}, address) == 401
    assert metrics(gateway, bearer("dapi-wrong"), address) == 401
    assert metrics(gateway, bearer(user), address) == 403
    assert metrics(gateway, bearer(gateway.token), address) == 200


def test_metrics_can_be_for_administrators_alone_or_for_everybody(launch: Callable[..., Gateway]) -> None:
    gateway = launch({"simulator": True, "server": {"metrics_access": "administrators"}})
    user = gateway.create_token("alice@example.com")
    assert metrics(gateway, {}) == 401
    assert metrics(gateway, bearer(user)) == 403
    assert metrics(gateway, bearer(gateway.token)) == 200
    gateway = launch({"simulator": True, "server": {"metrics_access": "open"}}, arguments=("--host", "0.0.0.0"))
    assert metrics(gateway, {}, own_address()) == 200


def test_metrics_can_have_a_port_of_their_own(launch: Callable[..., Gateway]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    gateway = launch({"simulator": True, "server": {"metrics_access": "administrators", "metrics_port": port}})
    own = f"http://127.0.0.1:{port}"
    found = httpx.get(f"{own}/metrics?x=y")
    assert found.status_code == 200 and "gatehouse_connections" in found.text
    assert found.headers["content-type"].startswith("text/plain")
    assert httpx.head(f"{own}/metrics").status_code == 200
    # Nothing else is there, whoever asks.
    for method, path in [("GET", "/health"), ("GET", "/ready"), ("GET", "/api/2.0/token/list"), ("GET", "/metrics/")]:
        assert httpx.request(method, own + path, headers=bearer(gateway.token)).status_code == 404
    assert httpx.post(f"{own}/mlflow/v1/chat/completions", json={}).status_code == 404
    refused = httpx.post(f"{own}/metrics")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")
    assert metrics(gateway, {}) == 401


def test_a_gateway_without_authentication_shows_both(launch: Callable[..., Gateway]) -> None:
    gateway = launch(arguments=("--insecure",), token=None)
    assert metrics(gateway, {}) == 200
    assert gateway.get("/ready", headers={}).json() == {"status": "ready"}
