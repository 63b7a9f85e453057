# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Providers as their vendors have them: paths, credentials, headers, tokens, traits; the upstreams are scripted."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import bodies
import openai
import pytest
from config import PROVIDER_KEY, service
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from gateway import Gateway, wait_until
from upstream import Exchange, Upstream

Launch = Callable[..., Gateway]
CHAT = {"messages": [{"role": "user", "content": "Hi"}]}
MESSAGES = {"max_tokens": 64, **CHAT}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
FORBIDDEN = ("authorization", "x-api-key", "api-key", "x-goog-api-key")


def one_provider(
    model: str = "upstream-model", destination: dict[str, Any] | None = None, **provider: Any
) -> dict[str, Any]:
    """One provider service behind the model service `test.ai.m`."""
    model_service = service("test.providers.p", model)
    model_service["destinations"][0].update(destination or {})
    return {"provider_services": {"test.providers.p": provider}, "model_services": {"test.ai.m": model_service}}


def credentials(upstream: Upstream) -> dict[str, str]:
    return {name: value for name, value in upstream.request.headers if name in FORBIDDEN}


# Azure


@pytest.mark.parametrize(
    ("path", "base", "version", "target"),
    [
        ("/openai/v1/chat/completions", "/openai/v1", None, "/openai/v1/chat/completions"),
        ("/openai/v1/responses", "/openai/v1", None, "/openai/v1/responses"),
        ("/openai/v1/embeddings", "/openai/v1", "preview", "/openai/v1/embeddings?api-version=preview"),
        (
            "/openai/v1/chat/completions",
            "/openai",
            "2024-10-21",
            "/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21",
        ),
        (
            "/openai/v1/embeddings",
            "/openai",
            "2024-10-21",
            "/openai/deployments/my%20gpt/embeddings?api-version=2024-10-21",
        ),
    ],
)
def test_azure(launch: Launch, upstream: Upstream, path: str, base: str, version: str | None, target: str) -> None:
    settings: dict[str, Any] = {"api_version": version} if version else {}
    config = one_provider(
        "my gpt", provider_type="azure_openai", base_url=upstream.url + base, api_key=PROVIDER_KEY, **settings
    )
    response = launch(config).post(path, {"model": "test.ai.m", "input": "Hi", **CHAT})
    assert response.status_code == 200, response.text
    assert upstream.request.target == target
    assert credentials(upstream) == {"api-key": PROVIDER_KEY}


# Vertex AI


class TokenServer:
    """Google's token endpoint: takes what RFC 7523 says and nothing else, and hands out one token after another."""

    def __init__(self, upstream: Upstream, lifetime: int = 3600) -> None:
        self.upstream = upstream
        self.lifetime = lifetime
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.uri = upstream.url + "/token"
        self.tokens: list[str] = []
        self.claims: list[dict[str, Any]] = []
        self.delay = 0.0
        #: The error to answer with, if not a token.
        self.error: dict[str, str] | None = None
        upstream.script(self.serve)

    @property
    def account(self) -> str:
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "my-project",
                "private_key_id": "key-1",
                "private_key": pem.decode(),
                "client_email": "gateway@my-project.iam.gserviceaccount.com",
                "token_uri": self.uri,
            }
        )

    async def serve(self, exchange: Exchange) -> None:
        if exchange.request.target != "/token":
            token = exchange.request.header("authorization")
            if token not in [f"Bearer {one}" for one in self.tokens]:
                await exchange.respond({"error": {"code": 401, "status": "UNAUTHENTICATED"}}, "401 Unauthorized")
            elif exchange.request.target.endswith((":rawPredict", ":streamRawPredict")):
                streams = exchange.request.json.get("stream") is True
                answer = (
                    exchange.stream(bodies.anthropic_stream())
                    if streams
                    else exchange.respond(bodies.ANTHROPIC_MESSAGE)
                )
                await answer
            else:
                await bodies.answer(exchange)
            return
        await asyncio.sleep(self.delay)
        if self.error:
            return await exchange.respond(self.error, "400 Bad Request")
        assert exchange.request.header("content-type") == "application/x-www-form-urlencoded"
        form = parse_qs(exchange.request.body.decode(), strict_parsing=True)
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        self.claims.append(self.verified(form["assertion"][0]))
        self.tokens.append(f"ya29.canary-{len(self.tokens)}")
        await exchange.respond({"access_token": self.tokens[-1], "expires_in": self.lifetime, "token_type": "Bearer"})

    def verified(self, assertion: str) -> dict[str, Any]:
        """The claims of an assertion whose signature is right."""
        header, claims, signature = assertion.split(".")
        self.key.public_key().verify(
            decoded(signature), f"{header}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        assert json.loads(decoded(header)) == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}
        return json.loads(decoded(claims))


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def vertex(upstream: Upstream, model: str, **more: Any) -> dict[str, Any]:
    return one_provider(
        model,
        provider_type="gemini_enterprise",
        base_url=upstream.url,
        project="my-project",
        region="europe-west4",
        service_account_key="${GOOGLE_KEY}",
        **more,
    )


PLACE = "/v1/projects/my-project/locations/europe-west4/publishers"


def test_vertex_token_flow(launch: Launch, upstream: Upstream) -> None:
    server = TokenServer(upstream)
    gateway = launch(vertex(upstream, "gemini-2.5-pro"), environment={"GOOGLE_KEY": server.account})
    for method in ["generateContent", "streamGenerateContent?alt=sse"]:
        response = gateway.post(f"/gemini/v1beta/models/test.ai.m:{method}", CONTENTS)
        assert response.status_code == 200, response.text
    token, first, second = upstream.requests
    assert token.target == "/token"
    assert first.target == PLACE + "/google/models/gemini-2.5-pro:generateContent"
    assert second.target == PLACE + "/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
    claims = server.claims[0]
    assert claims["iss"] == "gateway@my-project.iam.gserviceaccount.com"
    assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
    assert claims["aud"] == server.uri
    assert claims["exp"] - claims["iat"] == 3600
    assert abs(claims["iat"] - time.time()) < 60
    assert "canary" not in gateway.output
    assert "PRIVATE KEY" not in gateway.output


def open_vertex(upstream: Upstream, model: str) -> dict[str, Any]:
    """With an access token that somebody else renews."""
    place: dict[str, Any] = {"project": "my-project", "region": "europe-west4"}
    return one_provider(model, provider_type="gemini_enterprise", base_url=upstream.url, api_key="ya29.canary", **place)


def test_vertex_embeds_with_geminis_models(launch: Launch, upstream: Upstream) -> None:
    gateway = launch(open_vertex(upstream, "gemini-embedding-001"))
    upstream.answer({"embeddings": [{"values": [0.25]}], "usageMetadata": {"promptTokenCount": 3}})
    body = {"model": "test.ai.m", "input": "Hi", "dimensions": 1, "input_type": "search_query"}
    answer = gateway.post("/openai/v1/embeddings", body)
    assert answer.json()["data"][0]["embedding"] == [0.25] and answer.json()["usage"]["prompt_tokens"] == 3
    assert upstream.request.target == PLACE + "/google/models/gemini-embedding-001:batchEmbedContents"
    assert upstream.request.json["requests"] == [
        {
            "content": {"role": "user", "parts": [{"text": "Hi"}]},
            "embedContentConfig": {"taskType": "RETRIEVAL_QUERY", "outputDimensionality": 1},
        }
    ]


def test_vertex_embeds_with_older_models(launch: Launch, upstream: Upstream) -> None:
    gateway = launch(open_vertex(upstream, "text-embedding-005"))
    one = {"embeddings": {"values": [0.25], "statistics": {"token_count": 3, "truncated": False}}}
    upstream.answer({"predictions": [one, one]})
    client = openai.OpenAI(api_key=gateway.token, base_url=gateway.url + "/openai/v1", max_retries=0)
    answer = client.embeddings.create(model="test.ai.m", input=["a", "b"], dimensions=1)
    assert [vector.embedding for vector in answer.data] == [[0.25], [0.25]] and answer.usage.prompt_tokens == 6
    assert upstream.request.target == PLACE + "/google/models/text-embedding-005:predict"
    assert upstream.request.json == {
        "instances": [{"content": "a"}, {"content": "b"}],
        "parameters": {"outputDimensionality": 1},
    }


@pytest.mark.parametrize(
    ("model", "method", "answer"),
    [
        ("gemini-2.5-pro", "/google/models/gemini-2.5-pro:countTokens", {"totalTokens": 38}),
        ("claude-sonnet-4-5@20250929", "/anthropic/models/count-tokens:rawPredict", {"input_tokens": 38}),
    ],
)
def test_vertex_counts(launch: Launch, upstream: Upstream, model: str, method: str, answer: dict[str, int]) -> None:
    gateway = launch(open_vertex(upstream, model))
    upstream.answer(answer)
    count = gateway.post("/anthropic/v1/messages/count_tokens", {"model": "test.ai.m", **CHAT})
    assert count.json() == {"input_tokens": 38} and "x-gatehouse-estimated" not in count.headers
    assert upstream.request.target == PLACE + method
    if model.startswith("claude"):
        assert upstream.request.json == {"anthropic_version": "vertex-2023-10-16", "model": model, **CHAT}
    else:
        assert upstream.request.json["contents"] and "generateContentRequest" not in upstream.request.json


def test_vertex_one_request_fetches_however_many_wait(launch: Launch, upstream: Upstream) -> None:
    server = TokenServer(upstream)
    server.delay = 0.5
    gateway = launch(vertex(upstream, "gemini-2.5-pro"), environment={"GOOGLE_KEY": server.account})
    with ThreadPoolExecutor(24) as pool:
        answers = list(
            pool.map(lambda _: gateway.post("/gemini/v1beta/models/test.ai.m:generateContent", CONTENTS), range(24))
        )
    assert [answer.status_code for answer in answers] == [200] * 24
    assert len(server.tokens) == 1


def test_vertex_token_outlives_a_reload(launch: Launch, upstream: Upstream) -> None:
    server = TokenServer(upstream)
    config = vertex(upstream, "gemini-2.5-pro")
    gateway = launch(config, environment={"GOOGLE_KEY": server.account})

    def answered(model: str) -> bool:
        return gateway.post(f"/gemini/v1beta/models/{model}:generateContent", CONTENTS).status_code == 200

    assert answered("test.ai.m")
    config["model_services"]["test.ai.new"] = service("test.providers.p", "gemini-2.5-flash")
    gateway.write_config(config)
    wait_until(lambda: answered("test.ai.new"), "the new service is there")
    assert answered("test.ai.m")
    assert len(server.tokens) == 1
    config["provider_services"]["test.providers.p"]["timeouts"] = {"idle": "60s"}
    gateway.write_config(config)
    wait_until(lambda: answered("test.ai.m") and len(server.tokens) == 2, "a changed provider service fetches its own")


def test_vertex_a_short_token_is_renewed(launch: Launch, upstream: Upstream) -> None:
    # The gateway uses no token in its last 30 seconds.
    server = TokenServer(upstream, lifetime=31)
    gateway = launch(vertex(upstream, "gemini-2.5-pro"), environment={"GOOGLE_KEY": server.account})
    path = "/gemini/v1beta/models/test.ai.m:generateContent"
    assert gateway.post(path, CONTENTS).status_code == 200
    wait_until(lambda: gateway.post(path, CONTENTS).status_code == 200 and len(server.tokens) > 1, "a second token")


def test_vertex_no_token(launch: Launch, upstream: Upstream) -> None:
    server = TokenServer(upstream)
    server.error = {"error": "invalid_grant", "error_description": "account-canary is disabled"}
    gateway = launch(vertex(upstream, "gemini-2.5-pro"), environment={"GOOGLE_KEY": server.account})
    response = gateway.post("/gemini/v1beta/models/test.ai.m:generateContent", CONTENTS)
    assert response.status_code == 502
    assert "test.providers.p" in response.text
    assert "invalid_grant" in response.text
    assert "canary" not in response.text + gateway.output


@pytest.mark.parametrize("stream", [False, True])
def test_vertex_claude(launch: Launch, upstream: Upstream, stream: bool) -> None:
    server = TokenServer(upstream)
    gateway = launch(vertex(upstream, "claude-opus-4@20250514"), environment={"GOOGLE_KEY": server.account})
    body = json.dumps({"model": "test.ai.m", "stream": stream, "x-unknown": [1.0], **MESSAGES})
    response = gateway.post("/anthropic/v1/messages", body)
    assert response.status_code == 200, response.text
    method = "streamRawPredict" if stream else "rawPredict"
    request = upstream.requests[1]
    assert request.target == f"{PLACE}/anthropic/models/claude-opus-4@20250514:{method}"
    assert request.body.decode() == body.replace('"model": "test.ai.m"', '"anthropic_version":"vertex-2023-10-16"')


def test_vertex_claude_for_chat_clients(launch: Launch, upstream: Upstream) -> None:
    server = TokenServer(upstream)
    gateway = launch(vertex(upstream, "claude-opus-4@20250514"), environment={"GOOGLE_KEY": server.account})
    response = gateway.post("/openai/v1/chat/completions", {"model": "test.ai.m", **CHAT})
    assert response.status_code == 200, response.text
    body = upstream.requests[1].json
    assert "model" not in body
    assert body["anthropic_version"] == "vertex-2023-10-16"


# Databricks


@pytest.mark.parametrize(
    ("path", "base", "target"),
    [
        ("/openai/v1/chat/completions", "/serving-endpoints", "/serving-endpoints/chat/completions"),
        ("/openai/v1/embeddings", "/serving-endpoints", "/serving-endpoints/embeddings"),
        ("/openai/v1/responses", "/serving-endpoints", "/serving-endpoints/responses"),
        ("/mlflow/v1/chat/completions", "/ai-gateway", "/ai-gateway/mlflow/v1/chat/completions"),
        ("/openai/v1/responses", "/ai-gateway", "/ai-gateway/openai/v1/responses"),
        ("/anthropic/v1/messages", "/ai-gateway", "/ai-gateway/anthropic/v1/messages"),
    ],
)
def test_databricks(launch: Launch, upstream: Upstream, path: str, base: str, target: str) -> None:
    config = one_provider(
        provider_type="databricks",
        base_url=upstream.url + base,
        api_key=PROVIDER_KEY,
        native_api_types=[
            "openai/v1/chat/completions",
            "openai/v1/embeddings",
            "openai/v1/responses",
            "anthropic/v1/messages",
        ],
    )
    response = launch(config).post(path, {"model": "test.ai.m", "input": "Hi", **MESSAGES})
    assert response.status_code == 200, response.text
    assert upstream.request.target == target
    assert credentials(upstream) == {"authorization": f"Bearer {PROVIDER_KEY}"}


# Headers

CLAUDE_CODE = (
    "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,per-turn-control-2026-07-01"
)


async def strict_about_betas(exchange: Exchange) -> None:
    """A cloud that refuses what it does not know, as Bedrock and Vertex AI do."""
    flags = [flag.strip() for flag in (exchange.request.header("anthropic-beta") or "").split(",") if flag.strip()]
    flags += exchange.request.json.get("anthropic_beta", [])
    if (
        any(flag != "interleaved-thinking-2025-05-14" for flag in flags)
        or "anthropic_beta" in exchange.request.json
        and not flags
    ):
        error = {"type": "error", "error": {"type": "invalid_request_error", "message": "invalid beta flag"}}
        await exchange.respond(error, "400 Bad Request")
    else:
        await exchange.respond(bodies.ANTHROPIC_MESSAGE)


def test_beta_flags_go_to_anthropic_as_they_are(launch: Launch, upstream: Upstream) -> None:
    """client-01"""
    gateway = launch(one_provider(provider_type="anthropic", base_url=upstream.url, api_key=PROVIDER_KEY))
    headers = {**gateway.bearer, "anthropic-beta": CLAUDE_CODE, "anthropic-version": "2026-10-21"}
    response = gateway.post("/anthropic/v1/messages?beta=true", {"model": "test.ai.m", **MESSAGES}, headers=headers)
    assert response.status_code == 200, response.text
    assert upstream.request.header("anthropic-beta") == CLAUDE_CODE
    assert upstream.request.header("anthropic-version") == "2026-10-21"


@pytest.mark.parametrize("body", [{}, {"anthropic_beta": CLAUDE_CODE.split(",")}])
def test_beta_flags_end_at_the_gateway_elsewhere(launch: Launch, upstream: Upstream, body: dict[str, Any]) -> None:
    """client-01"""
    upstream.script(strict_about_betas)
    gateway = launch(one_provider(provider_type="anthropic_compatible", base_url=upstream.url, api_key=PROVIDER_KEY))
    headers = {**gateway.bearer, "anthropic-beta": CLAUDE_CODE}
    response = gateway.post("/anthropic/v1/messages", {"model": "test.ai.m", **MESSAGES, **body}, headers=headers)
    assert response.status_code == 200, response.text
    assert upstream.request.header("anthropic-beta") is None
    assert "anthropic_beta" not in upstream.request.json


def test_the_policy_of_beta_flags_is_reloaded(launch: Launch, upstream: Upstream) -> None:
    """client-01"""
    upstream.script(strict_about_betas)

    def config(**policy: Any) -> dict[str, Any]:
        return one_provider(
            provider_type="anthropic_compatible",
            base_url=upstream.url,
            api_key=PROVIDER_KEY,
            header_policy={"anthropic_beta": policy},
        )

    gateway = launch(config(allow=["*"]))

    def call() -> int:
        headers = {**gateway.bearer, "anthropic-beta": CLAUDE_CODE}
        body = {"model": "test.ai.m", **MESSAGES, "anthropic_beta": CLAUDE_CODE.split(",")}
        return gateway.post("/anthropic/v1/messages", body, headers=headers).status_code

    assert call() == 400
    gateway.write_config(config(allow=["*"], deny=["claude-code-*", "*-2026-07-01", "context-*"]))
    wait_until(lambda: call() == 200, "the new policy holds")
    assert upstream.requests[-1].header("anthropic-beta") == "interleaved-thinking-2025-05-14"
    assert upstream.requests[-1].json["anthropic_beta"] == ["interleaved-thinking-2025-05-14"]


def test_vendor_headers_come_back(launch: Launch, upstream: Upstream) -> None:
    lines = (
        "anthropic-ratelimit-requests-remaining: 41\r\nrequest-id: req_vendor\r\nset-cookie: a=b\r\n"
        "anthropic-organization-id: org-canary\r\n"
    )
    upstream.answer(bodies.ANTHROPIC_MESSAGE, headers=lines)
    gateway = launch(one_provider(provider_type="anthropic", base_url=upstream.url, api_key=PROVIDER_KEY))
    headers = gateway.post("/anthropic/v1/messages", {"model": "test.ai.m", **MESSAGES}).headers
    assert headers["anthropic-ratelimit-requests-remaining"] == "41"
    assert headers["request-id"] == headers["x-request-id"] != "req_vendor"
    assert "set-cookie" not in headers
    assert "anthropic-organization-id" not in headers


# Traits


def test_traits_of_the_file_reach_the_request(launch: Launch, upstream: Upstream) -> None:
    provider: dict[str, Any] = {
        "provider_type": "custom",
        "base_url": upstream.url + "/v1",
        "traits": {"max_completion_tokens": True},
    }
    gateway = launch(one_provider(destination={"traits": {"stream_options": False}}, **provider))
    body = {"model": "test.ai.m", "stream": True, "input": "Hi", "max_output_tokens": 64}
    response = gateway.post("/openai/v1/responses", body)
    assert response.status_code == 200, response.text
    sent = upstream.request.json
    assert sent.get("max_completion_tokens") == 64
    assert "max_tokens" not in sent
    assert "stream_options" not in sent


def test_mistral_gets_no_stream_options(launch: Launch, upstream: Upstream) -> None:
    """usage-05"""

    async def strict(exchange: Exchange) -> None:
        if "stream_options" in exchange.request.json:
            await exchange.respond(
                {"object": "error", "message": "Extra inputs are not permitted"}, "422 Unprocessable"
            )
        else:
            await bodies.answer(exchange)

    upstream.script(strict)
    config = one_provider(provider_type="mistral", base_url=upstream.url + "/v1", api_key=PROVIDER_KEY)
    gateway = launch(config)
    asked = {"stream_options": {"include_usage": True}}
    cases: list[tuple[str, dict[str, Any]]] = [
        ("/chat/completions", {}),
        ("/chat/completions", asked),
        ("/responses", {"input": "Hi"}),
    ]
    for path, more in cases:
        body = {"model": "test.ai.m", "stream": True, **(more if "input" in more else {**CHAT, **more})}
        response = gateway.post("/openai/v1" + path, body)
        assert response.status_code == 200, response.text
        assert '"finish_reason":"stop"' in response.text or "response.completed" in response.text


def test_local_servers_need_no_key(launch: Launch, upstream: Upstream) -> None:
    gateway = launch(one_provider(provider_type="ollama", base_url=upstream.url + "/v1"))
    assert gateway.post("/openai/v1/chat/completions", {"model": "test.ai.m", **CHAT}).status_code == 200
    assert credentials(upstream) == {}
