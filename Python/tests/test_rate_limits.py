# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Rate limits of model services, as clients and administrators meet them.

The rules themselves have a manual clock in Swift (`LimitLedgerTests`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import anthropic
import bodies
import httpx
import openai
import pytest
from config import problems, service, upstream_config
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.serving import ChatMessage, ChatMessageRole
from gateway import Gateway
from upstream import Exchange, Upstream

CHAT = "/mlflow/v1/chat/completions"
HELLO = [{"role": "user", "content": "Hello!"}]


def limited(upstream: Upstream, *limits: dict[str, Any], kind: str = "openai", **more: Any) -> dict[str, Any]:
    """`test.ai.limited` with some limits, beside the services of `upstream_config`."""
    made = upstream_config(upstream, **more)
    made["model_services"]["test.ai.limited"] = service(
        f"test.providers.{kind}", f"upstream-{kind}", rate_limits=list(limits)
    )
    return made


def limit(key: str = "service", period: str = "minute", **more: Any) -> dict[str, Any]:
    return {"key": key, "renewal_period": period, **more}


def chat(gateway: Gateway, **options: Any) -> httpx.Response:
    body = {"model": "test.ai.limited", "max_tokens": 16, "messages": HELLO, **options.pop("body", {})}
    return gateway.post(CHAT, body, **options)


async def until(event: threading.Event) -> None:
    """Waits for an event of another thread."""
    while not event.is_set():
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, {"messages": HELLO}),
        ("/openai/v1/responses", {"input": "Hello!"}),
        ("/anthropic/v1/messages", {"messages": HELLO, "max_tokens": 16}),
        ("/gemini/v1beta/models/test.ai.limited:generateContent", {"contents": [{"parts": [{"text": "Hello!"}]}]}),
        ("/serving-endpoints/test.ai.limited/invocations", {"messages": HELLO}),
    ],
    ids=["chat", "responses", "messages", "gemini", "invocations"],
)
def test_a_call_beyond_the_limit_is_refused_in_the_dialect_of_its_route(
    launch: Any, upstream: Upstream, path: str, body: dict[str, Any]
) -> None:
    gateway: Gateway = launch(limited(upstream, limit(requests=1)))
    upstream.script(bodies.answer)
    if "models/" not in path:
        body = {"model": "test.ai.limited", **body}
    assert gateway.post(path, body).status_code == 200
    seen = len(upstream.requests)
    refused = gateway.post(path, body)
    assert refused.status_code == 429, refused.text
    assert len(upstream.requests) == seen
    error = refused.json()
    assert error["error_code"] == "REQUEST_LIMIT_EXCEEDED"
    assert error["message"] == (
        "User defined rate limit(s) exceeded for 'test.ai.limited'. "
        "Requests-per-minute (RPM) rate limit exceeded for service"
    )
    if path.startswith("/anthropic"):
        assert error["error"]["type"] == "rate_limit_error"
    if path.startswith("/gemini"):
        assert error["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    [row] = gateway.usage(f"request_id = '{refused.headers['x-request-id']}'")
    assert (row["status_code"], row["total_tokens"], row["destination_model"]) == (429, None, None)


def test_the_headers_tell_what_is_left(launch: Any, upstream: Upstream) -> None:
    """limits-07: in OpenAI's words, and instead of those of the provider's account."""
    gateway: Gateway = launch(limited(upstream, limit(requests=3, tokens=1000)))
    upstream.answer(bodies.OPENAI_CHAT, headers="x-ratelimit-remaining-requests: 77777\r\n")
    left: list[int] = []
    for _ in range(4):
        headers = chat(gateway).headers
        assert headers["x-ratelimit-limit-requests"] == "3"
        assert headers["x-ratelimit-limit-tokens"] == "1000"
        assert re.fullmatch(r"(1m)?\d+(\.\d)?s", headers["x-ratelimit-reset-requests"])
        left.append(int(headers["x-ratelimit-remaining-requests"]))
    assert left == [2, 1, 0, 0]
    # Three calls of 18 tokens each.
    assert int(chat(gateway).headers["x-ratelimit-remaining-tokens"]) == 1000 - 3 * 18


def test_the_headers_of_anthropic(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(limited(upstream, limit(requests=5, tokens=5000), kind="anthropic"))
    upstream.script(bodies.answer)
    body = {"model": "test.ai.limited", "max_tokens": 16, "messages": HELLO}
    headers = gateway.post("/anthropic/v1/messages", body).headers
    assert headers["anthropic-ratelimit-requests-limit"] == "5"
    assert headers["anthropic-ratelimit-requests-remaining"] == "4"
    assert int(headers["anthropic-ratelimit-tokens-remaining"]) < 5000
    reset = datetime.fromisoformat(headers["anthropic-ratelimit-requests-reset"])
    assert timedelta() < reset - datetime.now(UTC) <= timedelta(seconds=62)
    assert "x-ratelimit-limit-requests" not in headers


def test_a_service_without_limits_passes_the_headers_of_its_provider(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(limited(upstream, limit(requests=1)))
    upstream.answer(bodies.OPENAI_CHAT, headers="x-ratelimit-remaining-requests: 77777\r\n")
    body = {"model": "test.ai.openai", "messages": HELLO}
    for _ in range(3):
        assert gateway.post(CHAT, body).headers["x-ratelimit-remaining-requests"] == "77777"


def test_a_burst_does_not_pass_the_limit(launch: Any, upstream: Upstream) -> None:
    """limits-06: all at once, over real sockets, with answers that take their time."""
    gateway: Gateway = launch(limited(upstream, limit(requests=25)))

    async def slow(exchange: Exchange) -> None:
        await asyncio.sleep(0.2)
        await bodies.answer(exchange)

    upstream.script(slow)
    with ThreadPoolExecutor(100) as pool:
        statuses = list(pool.map(lambda _: chat(gateway).status_code, range(200)))
    assert statuses.count(200) == 25
    assert statuses.count(429) == 175
    assert len(upstream.requests) == 25


def test_tokens_are_reserved_and_settled(launch: Any, upstream: Upstream) -> None:
    """limits-06: what a call may take is not free while it is in flight; what it did not take is free afterwards."""
    gateway: Gateway = launch(limited(upstream, limit(tokens=600)))
    go = threading.Event()

    async def waiting(exchange: Exchange) -> None:
        await until(go)
        await bodies.answer(exchange)

    upstream.script(waiting)
    with ThreadPoolExecutor(1) as pool:
        large = pool.submit(chat, gateway, body={"max_tokens": 500})
        upstream.wait(lambda: len(upstream.requests) == 1, "the first call")
        refused = chat(gateway, body={"max_tokens": 100})
        assert refused.status_code == 429
        assert "Tokens-per-minute (TPM) rate limit exceeded for service" in refused.json()["message"]
        go.set()
        assert large.result().status_code == 200
    # 18 tokens of 600 are used.
    assert chat(gateway, body={"max_tokens": 500}).status_code == 200


@pytest.mark.parametrize("end", ["client leaves", "upstream breaks", "upstream refuses"])
def test_what_was_reserved_is_free_however_a_call_ends(launch: Any, upstream: Upstream, end: str) -> None:
    """limits-01: of parallel requests no place is lost."""
    gateway: Gateway = launch(limited(upstream, limit("user_default", parallel_requests=1)))

    async def script(exchange: Exchange) -> None:
        if b"STOP" not in exchange.request.body:
            return await bodies.answer(exchange)
        if end == "upstream refuses":
            return await exchange.respond({"error": {"message": "No.", "type": "x"}}, "400 Bad Request")
        await exchange.begin_stream()
        await exchange.chunk(b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')
        if end == "upstream breaks":
            return exchange.abort()
        await exchange.closed.wait()

    upstream.script(script)
    stop = {"stream": True, "messages": [{"role": "user", "content": "STOP"}]}
    body = {"model": "test.ai.limited", "max_tokens": 16, **stop}
    for _ in range(20):
        with gateway.client() as client, client.stream("POST", CHAT, json=body, headers=gateway.bearer) as response:
            if end == "client leaves":
                assert chat(gateway).status_code == 429
                next(response.iter_raw())
            elif response.status_code == 200:
                with contextlib.suppress(httpx.HTTPError):
                    response.read()
        deadline = time.monotonic() + 10
        while (answer := chat(gateway)).status_code == 429 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert answer.status_code == 200


def test_each_caller_group_and_tag_has_its_own(launch: Any, upstream: Upstream) -> None:
    people = {"alice@example.com": {"groups": ["team"]}, "bob@example.com": {"groups": ["team"]}, "carol@x.org": {}}
    grants = [{"principal": "account users", "privileges": ["ALL_PRIVILEGES"], "on": {"catalog": "test"}}]
    limits = [
        limit("user_default", requests=1),
        limit("user_group", principal="team", requests=3),
        limit("request_tag", request_tag_key="project", requests=2),
    ]
    gateway: Gateway = launch(limited(upstream, *limits, users=people, grants=grants))
    upstream.script(bodies.answer)
    alice, bob, carol = (gateway.create_token(name) for name in people)

    def status(token: str, **headers: str) -> int:
        return chat(gateway, headers={"authorization": f"Bearer {token}", **headers}).status_code

    assert [status(carol), status(carol)] == [200, 429]
    assert [status(alice), status(bob), status(alice), status(bob), status(alice)] == [200, 200, 200, 429, 429]
    tags = {"databricks-ai-gateway-request-tags": json.dumps({"project": "red"})}
    other = {"databricks-ai-gateway-request-tags": json.dumps({"project": "blue"})}
    admin = gateway.token or ""
    assert [status(admin, **other)] == [200]
    assert status(admin, **tags) == 429, "the administrator's own default"


def test_zero_refuses_everybody_and_tells_clients_not_to_retry(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(limited(upstream, limit(requests=0)))
    refused = chat(gateway)
    assert refused.status_code == 429
    assert refused.json()["message"].endswith("the limit is 0, which refuses all requests.")
    assert "retry-after" not in refused.headers
    assert refused.headers["x-should-retry"] == "false"
    assert not upstream.requests


def test_a_change_of_limits_counts_on(launch: Any, upstream: Upstream) -> None:
    """What was used stays used when the file changes, and a limit that is gone refuses nothing."""
    gateway: Gateway = launch(limited(upstream, limit(requests=2)))
    upstream.script(bodies.answer)
    assert [chat(gateway).status_code for _ in range(3)] == [200, 200, 429]
    gateway.write_config(limited(upstream, limit(requests=3)))
    deadline = time.monotonic() + 10
    while chat(gateway).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert chat(gateway).status_code == 429
    gateway.write_config(limited(upstream))
    while chat(gateway).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert [chat(gateway).status_code for _ in range(5)] == [200] * 5


def test_official_sdks_back_off(launch: Any, upstream: Upstream) -> None:
    """The SDKs wait as long as they are told, and then succeed."""
    gateway: Gateway = launch(limited(upstream, limit("user_default", parallel_requests=1), limit(requests=10_000)))
    free = threading.Event()

    async def script(exchange: Exchange) -> None:
        if b"BLOCK" in exchange.request.body:
            await until(free)
        await bodies.answer(exchange)

    upstream.script(script)
    client = openai.OpenAI(base_url=f"{gateway.url}/mlflow/v1", api_key=gateway.token, max_retries=5)
    claude = anthropic.Anthropic(base_url=f"{gateway.url}/anthropic", auth_token=gateway.token, max_retries=5)
    with ThreadPoolExecutor(1) as pool:
        blocked = pool.submit(chat, gateway, body={"messages": [{"role": "user", "content": "BLOCK"}]})
        upstream.wait(lambda: len(upstream.requests) == 1, "the call that blocks")
        with pytest.raises(openai.RateLimitError) as refusal:
            client.with_options(max_retries=0).chat.completions.create(
                model="test.ai.limited",
                messages=[{"role": "user", "content": "Hello!"}],
            )
        assert refusal.value.response.headers["retry-after"] == "1"
        with pytest.raises(anthropic.RateLimitError):
            claude.with_options(max_retries=0).messages.create(
                model="test.ai.limited",
                max_tokens=16,
                messages=[{"role": "user", "content": "Hello!"}],
            )
        threading.Timer(0.5, free.set).start()
        answer = client.chat.completions.create(
            model="test.ai.limited",
            messages=[{"role": "user", "content": "Hello!"}],
        )
        assert answer.choices[0].message.content == bodies.TEXT
        assert blocked.result().status_code == 200
    message = claude.messages.create(
        model="test.ai.limited",
        max_tokens=16,
        messages=[{"role": "user", "content": "Hello!"}],
    )
    assert message.usage.output_tokens == 7


def test_limits_by_the_unity_catalog_api(launch: Any) -> None:
    """Set, shown, changed and cleared as the SDK does; in force when the request is answered."""
    gateway: Gateway = launch()
    client = WorkspaceClient(host=gateway.url, token=gateway.token)
    client.catalogs.create("main")
    client.schemas.create("ai", "main")
    uc = "/api/2.1/unity-catalog/model-services"
    destination = {
        "destination_type": "DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL",
        "pay_per_token_config": {"model": "models/system.ai.gpt-5"},
    }
    limits = [
        {
            "key": "RATE_LIMIT_KEY_REQUEST_TAG",
            "renewal_period": "RATE_LIMIT_RENEWAL_PERIOD_HOUR",
            "request_tag_key": "project",
            "request_tag_value": "red",
            "tokens": 5,
        },
        {
            "key": "RATE_LIMIT_KEY_SERVICE",
            "renewal_period": "RATE_LIMIT_RENEWAL_PERIOD_MINUTE",
            "requests": 2,
        },
    ]
    config = {"routing": {"destinations": [destination]}, "rate_limits": limits}
    query = {"parent": "schemas/main.ai", "model_service_id": "helper"}
    made = client.api_client.do("POST", uc, query=query, body={"config": config})
    assert isinstance(made, dict) and made["config"]["rate_limits"] == limits
    hello = [ChatMessage(role=ChatMessageRole.USER, content="Hello!")]
    for _ in range(2):
        client.serving_endpoints.query("main.ai.helper", messages=hello)
    # The SDK would wait for a minute.
    refused = gateway.post("/serving-endpoints/main.ai.helper/invocations", {"messages": HELLO})
    assert refused.status_code == 429
    mask = {"update_mask": "config.rate_limits"}
    cleared = client.api_client.do("PATCH", f"{uc}/main.ai.helper", query=mask, body={"config": {"rate_limits": []}})
    assert isinstance(cleared, dict) and "rate_limits" not in cleared["config"]
    for _ in range(4):
        client.serving_endpoints.query("main.ai.helper", messages=hello)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (limit(), "needs `requests`, `tokens` or `parallel_requests`"),
        (limit("request_tag", requests=1), "lacks the key `request_tag_key`"),
        (limit(requests=1, request_tag_key="a"), "request_tag_key` cannot be used with the key `service`"),
        (limit("user", requests=1), "lacks the key `principal`"),
        (limit(requests=-1), "requests"),
    ],
)
def test_wrong_limits_are_refused(tmp_path: Any, upstream: Upstream, wrong: dict[str, Any], words: str) -> None:
    assert words in problems(tmp_path, limited(upstream, wrong))
