# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Hostile tokens, hosts, paths, queries and bodies: nobody gets in, no other host is asked, no secret is written."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from config import PROVIDER_KEY, upstream_config
from gateway import ADMIN_TOKEN, PATIENCE, Gateway
from rawhttp import Connection
from routes import ROUTES
from upstream import Exchange, Upstream

ADMINISTRATION = [route for route in ROUTES if route.path.startswith("/api/")]
SCIM = "/api/2.0/preview/scim/v2"
HEADER = "Databricks-Model-Provider-Service"
USER = "bob@example.com"

#: What has opened databases elsewhere, and what shows where a text becomes part of a statement.
SQL = [
    "' OR '1'='1",
    "' OR 1=1 --",
    "' OR 1=1 #",
    '" OR ""="',
    "') OR ('1'='1",
    "x' OR hash IS NOT NULL --",
    "' UNION SELECT hash FROM access_token --",
    "'; DROP TABLE access_token; --",
    "1; ATTACH DATABASE '/tmp/x' AS x",
    "' AND randomblob(1000000000) --",
    "\\' OR 1=1 --",
    "admin'--",
    "%' OR name LIKE '%",
    "' || (SELECT sql FROM sqlite_master) || '",
    "x'/**/OR/**/1=1--",
    "%27%20OR%201=1--",
    "‘ OR ‘1’=‘1",
    "NULL",
    "*",
    "?1",
    ":name",
]


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory, shared_upstream: Upstream) -> Iterator[Gateway]:
    config = upstream_config(shared_upstream, users={USER: {}})
    running = Gateway(tmp_path_factory.mktemp("attacked"), config).start()
    yield running
    assert running.stop() == 0, running.output


def objects(gateway: Gateway) -> Any:
    """What is governed, the store's part included."""
    answer = gateway.get("/api/gatehouse/config?max_results=10000")
    assert answer.status_code == 200, answer.text
    return answer.json()["objects"]


# SQL


@pytest.mark.parametrize("text", SQL)
def test_sql_is_no_token(attacked: Gateway, text: str) -> None:
    """security-01"""
    raw = text.encode()
    ways = [
        {b"authorization": b"Bearer " + raw},
        {b"authorization": b"Basic " + base64.b64encode(b"token:" + raw)},
        {b"x-api-key": raw},
        {b"x-goog-api-key": raw},
        {b"x-databricks-ai-gateway-token": raw},
    ]
    for headers in ways:
        for path in ("/api/2.0/token/list", "/api/gatehouse/config", "/openai/v1/models"):
            response = httpx.get(attacked.url + path, headers=headers, timeout=PATIENCE)
            assert response.status_code == 401, (headers, response.text)
        body = {"model": "test.ai.openai", "messages": []}
        chat = httpx.post(attacked.url + "/openai/v1/chat/completions", headers=headers, json=body, timeout=PATIENCE)
        assert chat.status_code == 401
    form = {"grant_type": "client_credentials", "client_id": text, "client_secret": text}
    assert httpx.post(attacked.url + "/oidc/v1/token", data=form, timeout=PATIENCE).status_code in (400, 401)


@pytest.mark.parametrize("text", SQL)
def test_sql_is_no_name(attacked: Gateway, text: str) -> None:
    """security-01: in each parameter of each path of administration, as an administrator."""
    before = objects(attacked)
    for route in ADMINISTRATION:
        # There is one account, whatever it is called.
        if not set(route.parameters) - {"account_id"}:
            continue
        values = {name: quote(text, safe="") for name in route.parameters}
        for name, value in (("securable_type", "catalog"), ("type", "catalog")):
            if name in values and len(route.parameters) > 1:
                values[name] = value
        body = None if route.method in ("GET", "DELETE") else b"{}"
        response = httpx.request(
            route.method,
            attacked.url + route.filled(values),
            headers={**attacked.bearer, "content-type": "application/json"},
            content=body,
            timeout=PATIENCE,
        )
        assert response.status_code in (400, 404, 409, 501), (str(route), response.status_code, response.text)
        assert "sqlite" not in response.text.lower() or "sqlite" in text
    assert objects(attacked) == before


@pytest.mark.parametrize("text", SQL)
def test_sql_is_no_filter(attacked: Gateway, text: str) -> None:
    """security-01"""
    quoted = json.dumps(text, ensure_ascii=False)
    with attacked.client() as http:
        for kind, attribute in (("Users", "userName"), ("Groups", "displayName"), ("ServicePrincipals", "displayName")):
            for operator in ("eq", "co", "sw"):
                found = http.get(f"{SCIM}/{kind}", params={"filter": f"{attribute} {operator} {quoted}"})
                assert found.status_code in (200, 400), found.text
                if found.status_code == 200:
                    assert found.json()["totalResults"] == 0
            for parameter in ("sortBy", "attributes", "count", "startIndex"):
                assert http.get(f"{SCIM}/{kind}", params={parameter: text}).status_code in (200, 400)
        for path in ("catalogs", "schemas", "model-services", "model-provider-services"):
            for parameter in ("page_token", "max_results", "parent", "catalog_name", "view", "page_size"):
                answer = http.get(f"/api/2.1/unity-catalog/{path}", params={parameter: text})
                assert answer.status_code in (200, 400, 404), answer.text
        for name in (HEADER, "Databricks-Model-Service-Parent-Schema"):
            listed = http.get("/openai/v1/models", headers=[(name.encode(), text.encode())])
            assert listed.status_code == 200 and listed.json()["data"] == []
        for prefix in ("/openai/v1", "/mlflow/v1"):
            for part in ("", "/input_items"):
                found = http.get(f"{prefix}/responses/{quote(text, safe='')}{part}")
                assert found.status_code in (400, 404), found.text
        body = {"model": "test.ai.openai", "input": "x", "previous_response_id": text}
        assert http.post("/openai/v1/responses", json=body).status_code in (400, 404)
        chat = {"model": text, "messages": [{"role": "user", "content": "x"}]}
        assert http.post("/openai/v1/chat/completions", json=chat).status_code in (400, 404)
        tags = {"Databricks-Ai-Gateway-Request-Tags": json.dumps({"t": text})}
        chat["model"] = "test.ai.openai"
        assert http.post("/openai/v1/chat/completions", json=chat, headers=tags).status_code == 200
    assert attacked.get("/api/2.0/token/list").status_code == 200


# Host and path

HOSTS = [
    "x/#@y",
    "127.0.0.1/health",
    "127.0.0.1#/health",
    "127.0.0.1?/health",
    "a@127.0.0.1",
    "127.0.0.1:99999",
    "127.0.0.1:8080:80",
    "localhost\\health",
    "evil.example",
    "localhost",
    "[::1]",
    "..",
    "",
]
FORGED = [
    "X-Original-URL: /health",
    "X-Rewrite-URL: /health",
    "X-Forwarded-Host: localhost",
    "X-Forwarded-Prefix: /health",
    "X-Forwarded-For: 127.0.0.1",
    "X-HTTP-Method-Override: GET",
    "Forwarded: for=127.0.0.1;host=localhost",
]


def raw_status(gateway: Gateway, method: str, target: str, *lines: str) -> int:
    with Connection(gateway) as connection:
        head = "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "content-length: 0", "", ""])
        connection.send(head.encode())
        return connection.response().status


@pytest.mark.parametrize("host", HOSTS)
def test_no_host_opens_a_route_of_administration(attacked: Gateway, host: str) -> None:
    """security-02"""
    user = attacked.create_token(USER)
    for route in ADMINISTRATION:
        target = route.filled(dict.fromkeys(route.parameters, "test"))
        assert raw_status(attacked, route.method, target, f"host: {host}") in (400, 401), (str(route), host)
        if route.audience == "administrators":
            lines = (f"host: {host}", f"authorization: Bearer {user}")
            assert raw_status(attacked, route.method, target, *lines) in (400, 403), (str(route), host)


@pytest.mark.parametrize("line", FORGED)
def test_no_header_of_a_proxy_opens_a_route_of_administration(attacked: Gateway, line: str) -> None:
    """security-02"""
    for route in ADMINISTRATION:
        target = route.filled(dict.fromkeys(route.parameters, "test"))
        assert raw_status(attacked, route.method, target, "host: localhost", line) == 401, (str(route), line)


SPELLINGS = [
    "/health/..{path}",
    "/health/%2e%2e{path}",
    "//health/..{path}",
    "{path}/",
    "{path};/health",
    "{path}%2f",
    "{path}%00",
    "{path}#/health",
    "/.{path}",
    "/{path}",
    "//x{path}",
    "http://localhost/health/..{path}",
    "http://localhost{path}",
    "/ai-gateway{path}",
    "/api/../{path}",
    "/API{rest}",
    "/%61pi{rest}",
    "/oidc/..{path}",
    "/.well-known/..{path}",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_path_opens_a_route_of_administration(attacked: Gateway, spelling: str) -> None:
    """security-02"""
    for path in ("/api/gatehouse/config", "/api/2.0/token/list", "/api/2.1/unity-catalog/catalogs", f"{SCIM}/Users"):
        target = spelling.format(path=path, rest=path.removeprefix("/api"))
        assert raw_status(attacked, "GET", target, "host: localhost") in (400, 401, 404, 405), target


# Nothing is configured


EMPTY = ["x: y", "authorization:", "authorization: Bearer", "authorization: Bearer ", "authorization: Bearer null"]
EMPTY += ["authorization: Basic dG9rZW46", "x-api-key:", "x-goog-api-key:", "x-databricks-ai-gateway-token:"]


@pytest.mark.parametrize("token", [None, ""], ids=["no variable", "an empty variable"])
def test_without_a_configuration_administration_wants_a_token(
    launch: Callable[..., Gateway], token: str | None
) -> None:
    """security-03"""
    gateway = launch({}, token=token)
    for line in EMPTY:
        for route in ADMINISTRATION:
            target = route.filled(dict.fromkeys(route.parameters, "x"))
            assert raw_status(gateway, route.method, target, "host: localhost", line) == 401, (str(route), line)
    [first] = [word for word in gateway.stdout.split() if word.startswith("gth_")]
    assert gateway.get("/api/gatehouse/config", headers={"Authorization": f"Bearer {first}"}).status_code == 200


# Secrets that are not written down

NAMES = [
    "key",
    "KEY",
    "api_key",
    "api-key",
    "apikey",
    "access_token",
    "token",
    "secret",
    "client_secret",
    "password",
    "auth",
    "sig",
    "X-Amz-Signature",
    "X-Amz-Credential",
    "%6bey",
    "%74oken",
    "k%65y",
    "jwt",
]
PATHS = [
    ("POST", "/openai/v1/chat/completions"),
    ("POST", "/gemini/v1beta/models/test.ai.gemini:generateContent"),
    ("GET", "/openai/v1/models"),
    ("GET", "/openai/v1/files"),
    ("GET", "/api/2.0/token/list"),
    ("GET", "/api/none"),
    ("GET", "/oidc/jwks.json"),
    ("POST", "/oidc/v1/token"),
    ("GET", "/health"),
    ("GET", "/nonsense"),
]


def files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def assert_unwritten(gateway: Gateway, *secrets: str) -> None:
    """No log and no file of the data directory has them."""
    for secret in secrets:
        assert secret not in gateway.output, f"{secret} is in the log"
        for path in files(gateway.data):
            assert secret.encode() not in path.read_bytes(), f"{secret} is in {path.name}"


def test_no_secret_of_a_query_is_written_down(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    """security-04"""
    config = upstream_config(upstream)
    config["provider_services"]["test.providers.openai"] |= {
        "forward_unmanaged_paths": True,
        "forward_query_parameters": True,
    }
    config["server"] = {"access_log": True}
    gateway = launch(config, arguments=("--log-level", "trace"))
    canary = f"canary{uuid.uuid4().hex}"
    body = {"model": "test.ai.openai", "messages": [{"role": "user", "content": "x"}], "contents": []}
    for method, path in PATHS:
        for name in NAMES:
            for headers in (gateway.bearer, {}, {**gateway.bearer, HEADER: "test.providers.openai"}):
                answer = httpx.request(
                    method,
                    f"{gateway.url}{path}?a=b&{name}={canary}&c=d",
                    headers=headers,
                    json=body if method == "POST" else None,
                    timeout=PATIENCE,
                )
                assert canary not in str(answer.headers) + answer.text
    for prefix in ("gth_", "dapi", "sk-", "AIza", "eyJ"):
        gateway.get(f"/openai/v1/files?q={prefix}{canary}", headers={**gateway.bearer, HEADER: "test.providers.openai"})
    assert gateway.stop() == 0
    rows = gateway.sql("SELECT url FROM system.ai_gateway.usage")
    assert {row["url"] for row in rows} >= {"/openai/v1/files", "/openai/v1/chat/completions"}
    assert_unwritten(gateway, canary)


def test_no_refused_credential_is_written_down(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    """security-05"""
    gateway = launch(upstream_config(upstream), arguments=("--log-level", "trace"))
    canary = f"canary{uuid.uuid4().hex}"
    basic = base64.b64encode(f"token:{canary}".encode()).decode()
    pair = base64.b64encode(f"{canary}:{canary}".encode()).decode()
    ways = [
        {"Authorization": f"Bearer {canary}"},
        {"Authorization": f"Bearer gth_{canary}"},
        {"Authorization": f"Bearer eyJhbGciOiJFUzI1NiJ9.{canary}.{canary}"},
        {"Authorization": f"Basic {basic}"},
        {"Authorization": f"Digest {canary}"},
        {"Authorization": canary},
        {"x-api-key": canary},
        {"x-goog-api-key": canary},
        {"api-key": canary},
        {"X-Databricks-AI-Gateway-Token": canary, "Authorization": f"Bearer {canary}"},
        {"Cookie": f"token={canary}"},
    ]
    answers: list[httpx.Response] = []
    for headers in ways:
        for method, path in PATHS:
            answers.append(httpx.request(method, gateway.url + path, headers=headers, timeout=PATIENCE))
    grants = [
        {"grant_type": "client_credentials", "client_id": canary, "client_secret": canary},
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": f"eyJhbGciOiJFUzI1NiJ9.{canary}.{canary}",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        },
        {"grant_type": canary, "password": canary},
    ]
    for form in grants:
        answers.append(httpx.post(gateway.url + "/oidc/v1/token", data=form, timeout=PATIENCE))
        answers.append(
            httpx.post(
                gateway.url + "/oidc/v1/token",
                data={"grant_type": "client_credentials"},
                headers={"Authorization": f"Basic {pair}"},
                timeout=PATIENCE,
            )
        )
    for line in (
        f"authorization: Bearer {canary}\r\nbad line {canary}",
        f"{canary} : x",
        f"authorization: {canary}\x00",
    ):
        with Connection(gateway) as connection:
            connection.send(f"GET /health HTTP/1.1\r\nhost: x\r\n{line}\r\n\r\n".encode())
            assert canary.encode() not in connection.response().body
    for answer in answers:
        assert canary not in str(answer.headers) + answer.text, answer.request.url
    assert gateway.stop() == 0
    assert_unwritten(gateway, canary, basic, pair)


# Others' responses


@pytest.mark.parametrize(
    "prefix", ["/openai/v1", "/mlflow/v1", "/codex/v1", "/serving-endpoints", "/v1", "/ai-gateway/openai/v1"]
)
@pytest.mark.parametrize("model", ["test.ai.openai", "test.ai.anthropic"], ids=["kept by the vendor", "kept here"])
def test_a_response_is_its_makers_alone(
    launch: Callable[..., Gateway], upstream: Upstream, prefix: str, model: str
) -> None:
    """security-07: whoever keeps it, under every prefix, and for an administrator too."""
    everything = {"principal": USER, "privileges": ["ALL_PRIVILEGES"], "on": {"catalog": "test"}}
    gateway = launch(upstream_config(upstream, users={USER: {}}, grants=[everything]))
    owner = {"Authorization": f"Bearer {gateway.create_token(USER)}"}
    made = gateway.post("/openai/v1/responses", {"model": model, "input": "Hello!"}, headers=owner)
    assert made.status_code == 200, made.text
    identifier = made.json()["id"]
    asked = len(upstream.requests)
    other = {**gateway.bearer, HEADER: "test.providers.openai"}
    for headers in (gateway.bearer, other):
        for method, path in (("GET", ""), ("GET", "/input_items"), ("DELETE", ""), ("HEAD", ""), ("POST", "/cancel")):
            target = f"{gateway.url}{prefix}/responses/{identifier}{path}"
            answer = httpx.request(method, target, headers=headers, timeout=PATIENCE)
            assert answer.status_code in (400, 404, 405), (method, target, answer.text)
        body = {"model": model, "input": "And?", "previous_response_id": identifier}
        assert gateway.post(f"{prefix}/responses", body, headers=gateway.bearer).status_code in (400, 404)
    assert len(upstream.requests) == asked
    upstream.answer(made.json())
    assert gateway.get(f"/openai/v1/responses/{identifier}", headers=owner).status_code == 200


# Where a request goes

FIELDS = [
    "api_base",
    "base_url",
    "endpoint",
    "url",
    "host",
    "api_key",
    "azure_endpoint",
    "target_url",
    "proxy",
    "custom_llm_provider",
    "region",
]
DIALECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/openai/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}]}),
    "mlflow": ("/mlflow/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}]}),
    "responses": ("/openai/v1/responses", {"input": "x"}),
    "open responses": ("/serving-endpoints/open-responses", {"input": "x"}),
    "messages": ("/anthropic/v1/messages", {"max_tokens": 8, "messages": [{"role": "user", "content": "x"}]}),
    "count": ("/anthropic/v1/messages/count_tokens", {"messages": [{"role": "user", "content": "x"}]}),
    "gemini": (
        "/gemini/v1beta/models/{model}:generateContent",
        {"contents": [{"role": "user", "parts": [{"text": "x"}]}]},
    ),
    "embeddings": ("/openai/v1/embeddings", {"input": "x"}),
    "completions": ("/openai/v1/completions", {"prompt": "x"}),
    "invocations": ("/serving-endpoints/{model}/invocations", {"messages": [{"role": "user", "content": "x"}]}),
}


@pytest.mark.parametrize("kind", ["openai", "anthropic", "gemini", "custom"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_field_chooses_where_a_request_goes(
    relay: Gateway, scripted: Upstream, upstream: Upstream, dialect: str, kind: str
) -> None:
    """security-08: at the root and nested, in the query and in headers; the second port sees nothing."""
    path, plain = DIALECTS[dialect]
    model = f"test.ai.{kind}"
    chosen = dict.fromkeys(FIELDS, upstream.url)
    nests: list[dict[str, Any]] = [
        chosen,
        *({name: chosen} for name in ("extra_body", "extra_params", "metadata", "litellm_params", "config", "options")),
        {"extra_params": {name: upstream.url for name in FIELDS}},
        {"model_info": {"litellm_params": {"deep": [{"deeper": chosen}]}}},
        {"extra_headers": {"host": upstream.url, "x-api-base": upstream.url}},
        {"user_config": {"model_list": [{"litellm_params": {"model": model, **chosen}}]}},
        {"databricks_options": chosen},
    ]
    names = (
        "Host-Override",
        "x-api-base",
        "x-portkey-custom-host",
        "Helicone-Target-URL",
        "x-upstream-url",
        "x-target",
    )
    headers = {**relay.bearer, **dict.fromkeys(names, upstream.url)}
    query = "&".join(f"{name}={quote(upstream.url, safe='')}" for name in FIELDS)
    target = path.format(model=model)
    for extra in nests:
        body = {**plain, **extra} | ({} if "{model}" in path else {"model": model})
        answer = relay.post(f"{target}?{query}", body, headers=headers)
        assert answer.status_code in (200, 400, 502), answer.text
        assert PROVIDER_KEY not in answer.text
    elements = json.loads(json.dumps(plain))
    for value in elements.values():
        if isinstance(value, list):
            value[0] |= chosen
    assert relay.post(target, {**elements, "model": model}, headers=headers).status_code in (200, 400, 502)
    for request in scripted.requests:
        assert request.header("host") == scripted.url.removeprefix("http://")
    assert upstream.connections == 0


def test_an_upstream_that_redirects_is_not_followed(relay: Gateway, scripted: Upstream, upstream: Upstream) -> None:
    """security-08"""

    async def move(exchange: Exchange) -> None:
        await exchange.respond(b"", "307 Moved", headers=f"location: {upstream.url}/v1/chat/completions\r\n")

    scripted.script(move)
    body = {"model": "test.ai.openai", "messages": [{"role": "user", "content": "x"}]}
    answer = relay.post("/openai/v1/chat/completions", body)
    assert answer.status_code == 502 and ADMIN_TOKEN not in answer.text
    assert upstream.connections == 0
