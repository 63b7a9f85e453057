# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""OAuth: service principals with a secret, tokens of other issuers, the keys that sign."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import PermissionDenied, Unauthenticated
from databricks.sdk.service.serving import ChatMessage, ChatMessageRole
from gateway import Gateway, wait_until
from upstream import Exchange, Upstream

HELLO = [ChatMessage(role=ChatMessageRole.USER, content="Hello!")]
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


@pytest.fixture(scope="module")
def governed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    running = Gateway(tmp_path_factory.mktemp("oauth")).start()
    yield running
    assert running.stop() == 0, running.output


class Machine:
    """A service principal with an OAuth secret."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.admin = WorkspaceClient(host=gateway.url, token=gateway.token)
        principal = self.admin.service_principals.create(display_name="machine")
        assert principal.id and principal.application_id
        self.id, self.name = principal.id, principal.application_id
        made = self.admin.service_principal_secrets_proxy.create(service_principal_id=self.id)
        assert made.secret and made.id
        self.secret, self.secret_id = made.secret, made.id

    def client(self, secret: str | None = None) -> WorkspaceClient:
        return WorkspaceClient(host=self.gateway.url, client_id=self.name, client_secret=secret or self.secret)

    def token(self, **more: Any) -> httpx.Response:
        form = {"grant_type": "client_credentials", "scope": "all-apis", **more}
        return httpx.post(self.gateway.url + "/oidc/v1/token", data=form, auth=(self.name, self.secret), timeout=30)


@pytest.fixture
def machine(governed: Gateway) -> Machine:
    return Machine(governed)


def test_the_sdk_logs_in_with_a_secret(machine: Machine) -> None:
    workspace = machine.client()
    assert workspace.current_user.me().user_name == machine.name
    response = workspace.serving_endpoints.query(name="system.ai.gpt-5", messages=HELLO, max_tokens=16)
    assert response.choices
    with pytest.raises(PermissionDenied):
        workspace.catalogs.create("mine")
    # The secret itself is no token.
    direct = WorkspaceClient(host=machine.gateway.url, token=machine.secret)
    with pytest.raises(Unauthenticated):
        direct.current_user.me()


def test_a_token_ends_with_its_secret(machine: Machine) -> None:
    workspace = machine.client()
    workspace.current_user.me()
    listed = list(machine.admin.service_principal_secrets_proxy.list(machine.id))
    assert [one.id for one in listed] == [machine.secret_id]
    machine.admin.service_principal_secrets_proxy.delete(machine.id, machine.secret_id)
    with pytest.raises(Unauthenticated):
        workspace.current_user.me()
    refused = machine.token()
    assert refused.status_code == 401 and refused.json()["error"] == "invalid_client"


def test_a_token_survives_a_restart_and_ends_with_its_principal(launch: Callable[..., Gateway]) -> None:
    gateway = launch()
    machine = Machine(gateway)
    token = machine.token().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    gateway.kill()
    gateway.start()
    assert gateway.get("/api/2.0/preview/scim/v2/Me", headers=headers).status_code == 200
    admin = WorkspaceClient(host=gateway.url, token=gateway.token)
    admin.service_principals.delete(machine.id)
    assert gateway.get("/api/2.0/preview/scim/v2/Me", headers=headers).status_code == 401


def test_the_token_endpoint_says_what_is_wrong(machine: Machine) -> None:
    url = machine.gateway.url + "/oidc/v1/token"
    made = machine.token().json()
    assert made["token_type"] == "Bearer" and made["expires_in"] == 3600
    cases: list[tuple[dict[str, str], tuple[str, str] | None, str]] = [
        ({"grant_type": "password"}, None, "unsupported_grant_type"),
        ({}, None, "invalid_request"),
        ({"grant_type": "client_credentials"}, None, "invalid_client"),
        ({"grant_type": "client_credentials"}, (machine.name, "wrong"), "invalid_client"),
        ({"grant_type": "client_credentials"}, ("nobody", machine.secret), "invalid_client"),
        ({"grant_type": "client_credentials", "scope": "sql"}, (machine.name, machine.secret), "invalid_scope"),
        (
            {
                "grant_type": EXCHANGE,
                "subject_token": "x",
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            },
            None,
            "invalid_grant",
        ),
    ]
    for form, auth, error in cases:
        response = httpx.post(url, data=form, auth=auth, timeout=30) if auth else httpx.post(url, data=form, timeout=30)
        assert response.status_code in (400, 401), response.text
        assert response.json()["error"] == error, response.text
        assert response.json()["error_code"] and response.headers["cache-control"] == "no-store"
    huge = httpx.post(url, content=b"a" * 100_000, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert huge.status_code == 400


def test_discovery_and_keys(machine: Machine) -> None:
    url = machine.gateway.url
    config = httpx.get(url + "/.well-known/databricks-config").json()
    assert config["oidc_endpoint"] == url + "/oidc"
    document = httpx.get(config["oidc_endpoint"] + "/.well-known/oauth-authorization-server").json()
    assert document["token_endpoint"] == url + "/oidc/v1/token" and document["authorization_endpoint"]
    keys = httpx.get(document["jwks_uri"]).json()["keys"]
    header = json.loads(base64.urlsafe_b64decode(machine.token().json()["access_token"].split(".")[0] + "=="))
    assert header["alg"] == "ES256" and header["kid"] in {key["kid"] for key in keys}
    assert all("d" not in key for key in keys)


@pytest.mark.parametrize("change", ["signature", "claims", "none", "expired"])
def test_a_token_that_was_tampered_with_is_refused(machine: Machine, change: str) -> None:
    def encode(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    head, claims, signature = machine.token().json()["access_token"].split(".")
    decoded = json.loads(base64.urlsafe_b64decode(claims + "=="))
    match change:
        case "signature":
            signature = signature[:-4] + ("AAAA" if signature[-4:] != "AAAA" else "BBBB")
        case "claims":
            claims = encode({**decoded, "sub": "admin"})
        case "none":
            head, signature = encode({"alg": "none"}), ""
        case "expired":
            claims = encode({**decoded, "exp": decoded["exp"] + 10_000})
    token = f"{head}.{claims}.{signature}"
    response = machine.gateway.get("/api/2.0/preview/scim/v2/Me", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401


class Issuer:
    """An identity provider: a key, and the documents that a scripted upstream serves for it."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.url = upstream.url + "/issuer"
        self.key = ec.generate_private_key(ec.SECP256R1())

    @staticmethod
    def encode(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    @property
    def jwks(self) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        x, y = (self.encode(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
        return {"keys": [{"kty": "EC", "crv": "P-256", "kid": "k1", "alg": "ES256", "use": "sig", "x": x, "y": y}]}

    def token(self, **claims: Any) -> str:
        now = int(time.time())
        body = {"iss": self.url, "aud": "gatehouse", "iat": now, "exp": now + 300, **claims}
        parts = [{"alg": "ES256", "kid": "k1", "typ": "JWT"}, body]
        signed = ".".join(self.encode(json.dumps(part).encode()) for part in parts)
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return signed + "." + self.encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def test_tokens_of_a_trusted_issuer_are_exchanged(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    issuer = Issuer(upstream)

    async def serve(exchange: Exchange) -> None:
        is_document = exchange.request.target.endswith("/.well-known/openid-configuration")
        await exchange.respond({"issuer": issuer.url, "jwks_uri": issuer.url + "/keys"} if is_document else issuer.jwks)

    upstream.script(serve)
    gateway = launch(
        {
            "simulator": True,
            "oidc_issuers": [
                {"issuer": issuer.url, "audiences": ["gatehouse"], "subject_claim": "email", "groups_claim": "groups"}
            ],
            "users": {"alice@example.com": {}},
            "groups": {"analysts": {}},
            "model_services": {"main.ai.helper": {"destinations": [{"model_service": "system.ai.gpt-5"}]}},
            "grants": [
                {
                    "principal": "analysts",
                    "privileges": ["USE_CATALOG", "USE_SCHEMA", "EXECUTE"],
                    "on": {"catalog": "main"},
                }
            ],
        }
    )

    def exchange(token: str) -> httpx.Response:
        form = {
            "grant_type": EXCHANGE,
            "subject_token": token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "scope": "all-apis",
        }
        return httpx.post(gateway.url + "/oidc/v1/token", data=form, timeout=30)

    def asks(token: str) -> int:
        body = {"model": "main.ai.helper", "messages": [{"role": "user", "content": "Hi"}]}
        headers = {"Authorization": f"Bearer {token}"}
        return gateway.post("/openai/v1/chat/completions", body, headers=headers).status_code

    member = exchange(issuer.token(email="alice@example.com", groups=["analysts", "unknown"]))
    assert member.status_code == 200, member.text
    assert asks(member.json()["access_token"]) == 200
    # Without the group nothing is granted, and no claim makes an administrator.
    other = exchange(issuer.token(email="alice@example.com", groups=["admins"])).json()["access_token"]
    assert asks(other) == 403
    assert (
        gateway.get("/api/2.0/token-management/tokens", headers={"Authorization": f"Bearer {other}"}).status_code == 403
    )
    for token in (
        issuer.token(email="bob@example.com"),
        issuer.token(email="alice@example.com", aud="another"),
        issuer.token(email="alice@example.com", exp=int(time.time()) - 3600),
        issuer.token(email="alice@example.com", iss="https://elsewhere.example"),
        issuer.token(email="alice@example.com")[:-8] + "AAAAAAAA",
    ):
        refused = exchange(token)
        assert refused.status_code == 400 and refused.json()["error"] == "invalid_grant", refused.text
    # The keys were asked for once, or once more for the key that was not theirs.
    assert sum(request.target.endswith("/keys") for request in upstream.requests) <= 2
    gateway.write_config({"simulator": True})
    wait_until(
        lambda: asks(member.json()["access_token"]) == 401, "an issuer that is trusted no longer ends its tokens"
    )
