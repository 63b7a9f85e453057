# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""`forward_unmanaged_paths`: a provider's other paths than those of the gateway's APIs, under its credential."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import httpx
import openai
import pytest
from config import PROVIDER_KEY, upstream_config
from gateway import PATIENCE, Gateway, run
from google import genai
from google.genai import types
from rawhttp import Connection
from upstream import Exchange, Request, Upstream

HEADER = "Databricks-Model-Provider-Service"
UC = "/api/2.1/unity-catalog/model-provider-services"
FILE = {
    "id": "file-1",
    "object": "file",
    "bytes": 3,
    "created_at": 1698824353,
    "filename": "a.jsonl",
    "purpose": "batch",
    "status": "processed",
}


def config(upstream: Upstream, **more: Any) -> dict[str, Any]:
    """Every provider of `upstream_config` forwards all paths."""
    made = upstream_config(upstream, users={"bob@example.com": {}})
    for provider in made["provider_services"].values():
        provider.update({"forward_unmanaged_paths": True, **more})
    return made


@pytest.fixture(scope="module")
def forwarding(tmp_path_factory: pytest.TempPathFactory, shared_upstream: Upstream) -> Iterator[Gateway]:
    running = Gateway(tmp_path_factory.mktemp("forwarding"), config(shared_upstream)).start()
    yield running
    assert running.stop() == 0, running.output


@pytest.fixture
def provider(forwarding: Gateway, shared_upstream: Upstream) -> Iterator[Upstream]:
    shared_upstream.reset()
    yield shared_upstream
    shared_upstream.reset()


def named(kind: str = "openai") -> dict[str, str]:
    return {HEADER: f"test.providers.{kind}"}


def get(gateway: Gateway, path: str, kind: str = "openai", **headers: str) -> httpx.Response:
    return gateway.get(path, headers={**gateway.bearer, **named(kind), **headers})


def openai_client(gateway: Gateway) -> openai.OpenAI:
    return openai.OpenAI(
        api_key=gateway.token,
        base_url=gateway.url + "/ai-gateway/openai/v1",
        default_headers=named(),
        max_retries=0,
    )


def assert_clean(request: Request, gateway: Gateway) -> None:
    """Nothing of the caller's credential went on."""
    assert gateway.token not in request.head.decode("latin-1")
    assert request.header(HEADER) is None and request.header("cookie") is None


def test_the_openai_sdk_uses_files_and_models_of_the_provider(forwarding: Gateway, provider: Upstream) -> None:
    client = openai_client(forwarding)
    provider.answer({"object": "list", "data": [FILE], "has_more": False})
    assert [file.id for file in client.files.list()] == ["file-1"]
    provider.answer({"object": "list", "data": [{"id": "gpt-5", "object": "model", "created": 1, "owned_by": "o"}]})
    assert [model.id for model in client.models.list()] == ["gpt-5"]
    provider.answer(FILE)
    assert client.files.create(file=("a.jsonl", b"{}\n"), purpose="batch").id == "file-1"
    provider.answer(b"\x00\x01\xff", kind="application/octet-stream")
    content = client.files.content("file-1")
    assert content.read() == b"\x00\x01\xff" and content.response.headers["content-type"] == "application/octet-stream"
    provider.answer({"id": "file-1", "object": "file", "deleted": True})
    assert client.files.delete("file-1").deleted
    seen = [(request.method, request.target) for request in provider.requests]
    base = "/openai/v1"
    assert seen == [
        ("GET", f"{base}/files"),
        ("GET", f"{base}/models"),
        ("POST", f"{base}/files"),
        ("GET", f"{base}/files/file-1/content"),
        ("DELETE", f"{base}/files/file-1"),
    ]
    upload = provider.requests[2]
    assert (upload.header("content-type") or "").startswith("multipart/form-data; boundary=") and b"{}\n" in upload.body
    for request in provider.requests:
        assert request.header("authorization") == f"Bearer {PROVIDER_KEY}"
        assert_clean(request, forwarding)


def test_other_vendors_sdks_too(forwarding: Gateway, provider: Upstream) -> None:
    provider.answer({"data": [], "has_more": False, "first_id": None, "last_id": None})
    claude = anthropic.Anthropic(
        auth_token=forwarding.token,
        base_url=forwarding.url + "/ai-gateway/anthropic",
        default_headers=named("anthropic"),
    )
    assert list(claude.models.list()) == []
    provider.answer({"files": []})
    headers = {"Authorization": f"Bearer {forwarding.token}", **named("gemini")}
    options = types.HttpOptions(base_url=forwarding.url + "/ai-gateway/gemini", headers=headers)
    assert list(genai.Client(api_key="databricks", http_options=options).files.list()) == []
    first, second = provider.requests
    assert first.target == "/anthropic/v1/models" and first.header("x-api-key") == PROVIDER_KEY
    assert first.header("anthropic-version")
    assert (
        second.target in ("/gemini/v1beta/files", "/gemini/v1/files")
        and second.header("x-goog-api-key") == PROVIDER_KEY
    )
    for request in (first, second):
        assert_clean(request, forwarding)


@pytest.mark.parametrize("prefix", ["/ai-gateway/openai/v1", "/openai/v1", "/openai", "/v1", "/ai-gateway/v1"])
def test_every_spelling_of_the_prefix(forwarding: Gateway, provider: Upstream, prefix: str) -> None:
    provider.answer({})
    assert get(forwarding, f"{prefix}/batches").status_code == 200
    assert provider.request.target == "/openai/v1/batches"


def test_the_row_tells_what_is_known(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch(config(upstream))
    upstream.answer({"ok": True}, headers="x-request-id: req_theirs\r\n")
    assert get(gateway, "/openai/v1/batches?limit=1&key=abc").status_code == 200
    (row,) = gateway.usage()
    assert (row["service_type"], row["service_name"]) == ("MODEL_PROVIDER_SERVICE", "test.providers.openai")
    assert row["destination_name"] == "test.providers.openai" and row["status_code"] == 200
    unknown = ("api_type", "destination_model", "input_tokens", "output_tokens", "total_tokens")
    assert [row[column] for column in unknown] == [None] * len(unknown)
    assert row["url"] == "/openai/v1/batches" and row["latency_ms"] >= 0
    assert "req_theirs" in json.dumps(row["routing_information"])


def test_a_stream_passes_event_by_event(forwarding: Gateway, provider: Upstream) -> None:
    events = [b"event: a\ndata: %d\n\n" % number for number in range(3)]

    async def stream(exchange: Exchange) -> None:
        await exchange.begin_stream()
        for event in events:
            await exchange.chunk(event)
        await exchange.closed.wait()

    provider.script(stream)
    with Connection(forwarding) as connection:
        connection.request("/openai/v1/threads/t/runs", {"stream": True}, f"{HEADER}: test.providers.openai\r\n")
        head = connection.response_head()
        assert head.headers["content-type"] == "text/event-stream" and head.headers["cache-control"] == "no-cache"
        connection.until(events[-1])
    provider.wait(lambda: provider.exchanges[0].closed.is_set(), "the upstream is cancelled", patience=5)


def test_an_upstream_that_breaks_off_is_not_taken_for_whole(forwarding: Gateway, provider: Upstream) -> None:
    async def break_off(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.chunk(b"data: 1\n\n")
        exchange.abort()

    provider.script(break_off)
    with Connection(forwarding) as connection:
        connection.request("/openai/v1/x", b"", f"{HEADER}: test.providers.openai\r\n", method="GET")
        with pytest.raises((EOFError, ConnectionError)):
            connection.response()


def test_errors_are_the_vendors_and_its_refusal_of_the_key_is_not(forwarding: Gateway, provider: Upstream) -> None:
    error = {"error": {"message": f"No such file, key {PROVIDER_KEY}", "type": "invalid_request_error", "code": "nope"}}
    provider.answer(error, "404 Not Found")
    with pytest.raises(openai.NotFoundError, match="No such file") as missing:
        openai_client(forwarding).files.retrieve("file-9")
    assert missing.value.code == "nope" and PROVIDER_KEY not in str(missing.value)
    provider.answer(error, "401 Unauthorized")
    refused = get(forwarding, "/openai/v1/files")
    assert refused.status_code == 502 and PROVIDER_KEY not in refused.text
    provider.answer(b"", "302 Found", headers="location: http://elsewhere.example/\r\n")
    moved = get(forwarding, "/openai/v1/files")
    assert moved.status_code == 502 and "location" not in moved.headers


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_any_method_and_body(forwarding: Gateway, provider: Upstream, method: str) -> None:
    provider.answer(b"done", kind="text/plain")
    body = b"" if method in ("GET", "DELETE") else b"\x00raw\xff" * 1000
    response = httpx.request(
        method,
        forwarding.url + "/openai/v1/things/1",
        headers={**forwarding.bearer, **named(), "content-type": "application/x-odd"},
        content=body,
        timeout=PATIENCE,
    )
    assert (response.status_code, response.content) == (200, b"done")
    request = provider.request
    assert (request.method, request.body, request.header("content-type")) == (method, body, "application/x-odd")


def test_a_body_that_is_too_large_goes_nowhere(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    made = config(upstream)
    made["server"] = {"max_body_bytes": "64KiB"}
    gateway = launch(made)
    response = gateway.post("/openai/v1/files", b"x" * 100_000, headers={**gateway.bearer, **named()})
    assert response.status_code == 413 and not upstream.requests


def test_query_and_headers_as_the_provider_service_says(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch(config(upstream))
    path = "/openai/v1/files?limit=2&api_key=secret&after=a%2Fb"
    headers = {"X-Team": "a", "Cookie": "c=1", "x-api-key": "dapi-other", "Connection": "x-hop", "X-Hop": "1"}
    upstream.answer({}, headers="set-cookie: a=1\r\nx-ratelimit-limit-requests: 5\r\nx-odd: 1\r\nserver: theirs\r\n")
    answer = get(gateway, path, **headers)
    assert answer.headers["x-ratelimit-limit-requests"] == "5"
    assert not {"set-cookie", "x-odd", "server"} & set(answer.headers)
    assert upstream.request.target == "/openai/v1/files" and upstream.request.header("x-team") is None
    gateway.write_config(config(upstream, forward_headers=True, forward_query_parameters=True))

    def forwarded() -> bool:
        assert get(gateway, path, **headers).status_code == 200
        return upstream.requests[-1].header("x-team") == "a"

    upstream.wait(forwarded, "the new configuration counts")
    request = upstream.requests[-1]
    assert request.target == "/openai/v1/files?limit=2&after=a%2Fb"
    for name in ("cookie", "x-api-key", "x-hop"):
        assert request.header(name) is None, name
    assert_clean(request, gateway)


HOSTILE = [
    "/openai/v1/..",
    "/openai/v1/../../admin",
    "/openai/v1/%2e%2e/admin",
    "/openai/v1/.%2E/admin",
    "/openai/v1/%252e%252e/admin",
    "/openai/v1/..;/admin",
    "/openai/v1/a%2f..%2fb",
    "/openai/v1/a%5cb",
    "/openai/v1/a\\b",
    "/openai/v1//evil.example/x",
    "/openai//evil.example/x",
    "//evil.example/openai/v1/files",
    "/openai/v1/a%0d%0ax-evil:%201",
    "/openai/v1/a%00",
    "/openai/v1/a#b",
    "/openai/v1/files/",
    "/openai/v1/chat/completions/",
    "/openai/v1/chat/completion%73",
    "/openai/v1/responses/resp_of_another/cancel",
]


@pytest.mark.parametrize("target", HOSTILE)
def test_no_path_leaves_its_place(forwarding: Gateway, provider: Upstream, target: str) -> None:
    """security-02 security-07"""
    with Connection(forwarding) as connection:
        connection.request(target, b"{}", f"{HEADER}: test.providers.openai\r\n")
        response = connection.response()
        assert response.status in (400, 404) and b"error" in response.body
    assert not provider.requests


def test_the_absolute_form_changes_nothing(forwarding: Gateway, provider: Upstream) -> None:
    """security-02"""
    provider.answer({})
    with Connection(forwarding) as connection:
        connection.request("http://evil.example/openai/v1/files", b"", f"{HEADER}: test.providers.openai\r\n", "GET")
        assert connection.response().status == 200
    assert provider.request.target == "/openai/v1/files"
    assert provider.request.header("host") == provider.url.removeprefix("http://")


def test_who_may_not(forwarding: Gateway, provider: Upstream) -> None:
    """security-06 security-09"""
    path = forwarding.url + "/openai/v1/files"
    assert httpx.get(path, headers=named()).status_code == 401
    assert httpx.get(path, headers={**named(), "Authorization": "Bearer wrong"}).status_code == 401
    bob = forwarding.create_token("bob@example.com")
    refused = httpx.get(path, headers={**named(), "Authorization": f"Bearer {bob}"})
    assert refused.status_code in (403, 404) and refused.json()["error"]["message"]
    assert get(forwarding, "/openai/v1/files", "none").status_code == 404
    assert get(forwarding, "/anthropic/v1/models/x/y").status_code == 400
    socket = get(forwarding, "/openai/v1/realtime?model=m", **{"Connection": "Upgrade", "Upgrade": "websocket"})
    assert socket.status_code == 400 and "WebSocket" in socket.text
    options = httpx.request("OPTIONS", path, headers={**named(), **forwarding.bearer})
    assert options.status_code == 405 and "PATCH" in options.headers["allow"]
    assert not provider.requests


def test_without_permission_of_the_provider_service(relay: Gateway, scripted: Upstream) -> None:
    for path, kind, mark in (
        ("/openai/v1/files", "openai", "code"),
        ("/anthropic/v1/files", "anthropic", "type"),
        ("/gemini/v1beta/files", "gemini", "status"),
    ):
        refused = get(relay, path, kind)
        assert refused.status_code == 403 and mark in refused.json()["error"]
        assert "forward_unmanaged_paths" in refused.json()["message"]
    # The gateway's own list, of the models behind this provider service.
    models = get(relay, "/openai/v1/models").json()["data"]
    assert [model["id"] for model in models] == ["test.ai.openai"]
    assert not scripted.requests


def test_callers_may_bring_their_own_credential(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    claude = {"provider_type": "anthropic", "base_url": upstream.url, "relay_credentials": True}
    gateway = launch({"provider_services": {"test.providers.claude": {**claude, "forward_unmanaged_paths": True}}})
    upstream.answer({"data": []})
    own = {"X-Databricks-AI-Gateway-Token": gateway.token, "Authorization": "Bearer sk-ant-oat-of-the-caller"}
    assert gateway.get("/anthropic/v1/files", headers={**own, **named("claude")}).status_code == 200
    assert upstream.request.header("authorization") == "Bearer sk-ant-oat-of-the-caller"
    assert_clean(upstream.request, gateway)
    assert get(gateway, "/anthropic/v1/files", "claude").status_code == 200
    assert upstream.requests[-1].header("authorization") is None
    assert_clean(upstream.requests[-1], gateway)


def test_without_the_header_nothing_is_forwarded(forwarding: Gateway, provider: Upstream) -> None:
    assert forwarding.get("/openai/v1/files").status_code == 400
    assert not provider.requests


def test_a_provider_without_such_paths_says_so(launch: Callable[..., Gateway]) -> None:
    bedrock = {
        "provider_type": "amazon_bedrock",
        "region": "us-east-1",
        "api_key": "k",
        "forward_unmanaged_paths": True,
    }
    gateway = launch({"provider_services": {"test.providers.bedrock": bedrock}})
    refused = get(gateway, "/openai/v1/files", "bedrock")
    assert refused.status_code == 400 and "Amazon Bedrock" in refused.text


def test_the_setting_is_shown_changed_and_exported(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch({})
    name = "main.ai.files"
    with gateway.client() as http:
        assert http.post("/api/2.1/unity-catalog/catalogs", json={"name": "main"}).is_success
        schema = {"name": "ai", "catalog_name": "main"}
        assert http.post("/api/2.1/unity-catalog/schemas", json=schema).is_success
        direct = {"base_url": upstream.url + "/v1", "api_key": {"plaintext": PROVIDER_KEY}}
        body = {
            "config": {
                "provider_type": "EXTERNAL_MODEL_PROVIDER_TYPE_CUSTOM",
                "custom": {"direct": direct},
                "targets": [{"model": "m", "native_api_types": ["openai/v1/chat/completions"]}],
                "forward_unmanaged_paths": True,
            }
        }
        query = {"parent": "schemas/main.ai", "model_provider_service_id": "files"}
        made = http.post(UC, params=query, json=body)
        assert made.json()["config"]["forward_unmanaged_paths"] is True, made.text
        upstream.answer({})
        headers = {**gateway.bearer, HEADER: name}
        assert gateway.get("/openai/v1/files", headers=headers).status_code == 200
        assert upstream.request.target == "/v1/files"
        exported = gateway.run("export").stdout
        assert "forward_unmanaged_paths: true" in exported
        off = {"config": {"forward_unmanaged_paths": False}}
        mask = {"update_mask": "config.forward_unmanaged_paths"}
        changed = http.patch(f"{UC}/{name}", params=mask, json=off)
        assert changed.json()["config"].get("forward_unmanaged_paths", False) is False
    assert gateway.get("/openai/v1/files", headers=headers).status_code == 403
    gateway.config_file.write_text(exported)
    result = run(
        "check", "--config", str(gateway.config_file), environment=gateway.environment | {"X": "x"}, check=False
    )
    assert "forward_unmanaged_paths" not in result.stderr
