# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""One row of `system.ai_gateway.usage` for every request of a valid caller, however it ended."""

from __future__ import annotations

import json
import re
from typing import Any

import bodies
import httpx
import pytest
from bodies import TEXT
from config import PROVIDER_KEY, upstream_config
from gateway import Gateway, wait_until
from upstream import Exchange, Upstream

CHAT = "/ai-gateway/mlflow/v1/chat/completions"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def question(model: str, **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": "Hello!"}], **more}


def row_of(gateway: Gateway, response: httpx.Response) -> dict[str, Any]:
    [row] = gateway.usage(f"request_id = '{response.headers['x-request-id']}'")
    return row


def test_every_column_of_a_plain_call(relay: Gateway, scripted: Upstream) -> None:
    headers = {
        **relay.bearer,
        "Databricks-Ai-Gateway-Request-Tags": '{"project": "chatbot"}',
        "User-Agent": "claude-cli/2.1.329 (external, sdk-cli)",
    }
    response = relay.post(CHAT + "?a=b", question("test.ai.openai"), headers=headers)
    assert response.status_code == 200, response.text
    row = row_of(relay, response)

    assert UUID.fullmatch(row["request_id"]) and UUID.fullmatch(row["invocation_id"])
    assert row["workspace_id"]
    assert row["event_time"]
    assert (row["service_type"], row["service_name"]) == ("MODEL_SERVICE", "test.ai.openai")
    assert row["endpoint_name"] == "test.ai.openai"
    assert row["destination_name"] == "test.providers.openai/upstream-openai"
    assert row["destination_model"] == "upstream-openai"
    assert (row["requester_type"], row["auth_mode"]) == ("USER", "TOKEN")
    assert row["requester"]
    assert row["ip_address"] == "127.0.0.1"
    assert row["url"] == CHAT + "?a=b"
    assert row["user_agent"] == headers["User-Agent"]
    assert json.loads(row["session_metadata"])["coding_agent"] == "claude_code"
    assert row["api_type"] == "mlflow/v1/chat/completions"
    assert json.loads(row["request_tags"]) == {"project": "chatbot"}
    assert (row["input_tokens"], row["output_tokens"], row["total_tokens"]) == (11, 7, 18)
    assert row["usage_source"] == "REPORTED"
    details = json.loads(row["token_details"])
    assert (details["cache_read_input_tokens"], details["output_reasoning_tokens"]) == (4, 2)
    assert row["response_content_type"].startswith("application/json")
    assert row["status_code"] == 200
    assert 0 <= row["time_to_first_byte_ms"] <= row["latency_ms"]
    [attempt] = json.loads(row["routing_information"])["attempts"]
    assert (attempt["priority"], attempt["action"], attempt["status_code"]) == (1, "ROUTE", 200)
    assert attempt["destination"] == "test.providers.openai/upstream-openai"


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (CHAT, question("test.ai.openai"), (11, 7, 4)),
        (CHAT, question("test.ai.openai", stream=True), (11, 7, 4)),
        (CHAT, question("test.ai.openai", stream=True, stream_options={"include_usage": True}), (11, 7, 4)),
        ("/openai/v1/chat/completions", question("test.ai.openai", stream=True), (11, 7, 4)),
        ("/openai/v1/responses", {"model": "test.ai.openai", "input": "x"}, (11, 7, 4)),
        ("/openai/v1/responses", {"model": "test.ai.openai", "input": "x", "stream": True}, (11, 7, 4)),
        ("/anthropic/v1/messages", question("test.ai.anthropic", max_tokens=9), (11, 7, 4)),
        ("/anthropic/v1/messages", question("test.ai.anthropic", max_tokens=9, stream=True), (11, 7, 4)),
        (CHAT, question("test.ai.anthropic"), (11, 7, 4)),
        (CHAT, question("test.ai.anthropic", stream=True), (11, 7, 4)),
        (CHAT, question("test.ai.gemini"), (11, 7, None)),
        (CHAT, question("test.ai.gemini", stream=True), (11, 7, None)),
        ("/openai/v1/embeddings", {"model": "test.ai.openai", "input": "x"}, (3, None, None)),
    ],
)
def test_tokens_of_every_api_and_family(
    relay: Gateway, scripted: Upstream, path: str, body: dict[str, Any], expected: tuple[int, int | None, int | None]
) -> None:
    response = relay.post(path, body)
    assert response.status_code == 200, response.text
    row = row_of(relay, response)
    cached = json.loads(row["token_details"] or "{}").get("cache_read_input_tokens")
    assert row["input_tokens"] == expected[0]
    assert (row["output_tokens"] or None) == expected[1]
    assert (cached or None) == expected[2]
    assert row["usage_source"] == "REPORTED"
    kind = "text/event-stream" if body.get("stream") else "application/json"
    assert row["response_content_type"].startswith(kind)


@pytest.mark.parametrize("method", ["generateContent", "streamGenerateContent", "streamGenerateContent?alt=sse"])
def test_tokens_of_gemini(relay: Gateway, scripted: Upstream, method: str) -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "Hello!"}]}]}
    response = relay.post(f"/gemini/v1beta/models/test.ai.gemini:{method}", body)
    assert response.status_code == 200, response.text
    row = row_of(relay, response)
    assert (row["input_tokens"], row["output_tokens"]) == (11, 7)
    assert row["api_type"] == "gemini/v1/generateContent"
    assert row["service_name"] == "test.ai.gemini"


def test_an_upstream_that_reports_nothing_is_estimated_and_marked(relay: Gateway, scripted: Upstream) -> None:
    scripted.answer({key: value for key, value in bodies.OPENAI_CHAT.items() if key != "usage"})
    row = row_of(relay, relay.post(CHAT, question("test.ai.custom")))
    assert row["usage_source"] == "ESTIMATED"
    # (text length + 1) / 4, as Databricks documents it.
    assert row["output_tokens"] == (len(TEXT.encode()) + 1) // 4
    assert row["input_tokens"] > 0


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (CHAT, question("no-such-model"), 404),
        (CHAT, b'{"model": "test.ai.openai", "messages": [', 400),
        ("/anthropic/v1/messages", b'{"model": 1}', 400),
    ],
)
def test_a_refused_call_leaves_a_row(relay: Gateway, scripted: Upstream, path: str, body: Any, status: int) -> None:
    response = relay.post(path, body)
    assert response.status_code == status, response.text
    row = row_of(relay, response)
    assert row["status_code"] == status
    assert row["routing_information"] is None
    assert not scripted.requests


def test_an_unknown_model_stands_in_the_row_as_it_was_named(relay: Gateway) -> None:
    row = row_of(relay, relay.post(CHAT, question("no-such-model")))
    assert (row["service_name"], row["endpoint_name"]) == (None, "no-such-model")


def test_an_error_of_the_upstream_stands_in_the_row_and_in_its_attempt(relay: Gateway, scripted: Upstream) -> None:
    scripted.answer({"error": {"message": "slow down", "type": "rate_limit_error"}}, "429 Too Many Requests")
    response = relay.post(CHAT, question("test.ai.openai"))
    row = row_of(relay, response)
    assert row["status_code"] == 429
    [attempt] = json.loads(row["routing_information"])["attempts"]
    assert attempt["status_code"] == 429


def test_the_vendors_request_id_stands_in_the_attempt_and_not_in_the_answer(relay: Gateway, scripted: Upstream) -> None:
    scripted.answer(bodies.OPENAI_CHAT, headers="x-request-id: req_vendor_1\r\n")
    response = relay.post(CHAT, question("test.ai.openai"))
    assert response.headers["x-request-id"] != "req_vendor_1"
    [attempt] = json.loads(row_of(relay, response)["routing_information"])["attempts"]
    assert attempt["vendor_request_id"] == "req_vendor_1"


def test_no_row_without_a_valid_caller(relay: Gateway) -> None:
    before = len(relay.sql("SELECT request_id FROM system.ai_gateway.usage"))
    for headers in ({}, {"Authorization": "Bearer dapi-wrong"}):
        assert relay.post(CHAT, question("test.ai.openai"), headers=headers).status_code == 401
    marker = relay.post(CHAT, question("test.ai.openai"))
    row_of(relay, marker)
    assert len(relay.sql("SELECT request_id FROM system.ai_gateway.usage")) == before + 1


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_client_that_leaves_is_a_499_with_what_was_delivered(
    relay: Gateway, scripted: Upstream, stream: bool
) -> None:
    """usage-06"""

    async def slow(exchange: Exchange) -> None:
        if stream:
            await exchange.begin_stream()
            for event in bodies.chat_events(usage=True)[:4]:
                await exchange.chunk(bodies.data(event))
        await exchange.closed.wait()

    scripted.script(slow)
    agent = f"leaver-{stream}"
    headers = {**relay.bearer, "User-Agent": agent}
    with httpx.Client(base_url=relay.url, headers=headers) as client:
        if stream:
            with client.stream("POST", CHAT, json=question("test.ai.openai", stream=True)) as response:
                next(text for text in response.iter_text() if bodies.pieces()[2] in text)
        else:
            with pytest.raises(httpx.ReadTimeout):
                client.post(CHAT, json=question("test.ai.openai"), timeout=0.5)
    [row] = relay.usage(f"user_agent = '{agent}'")
    assert row["status_code"] == 499
    assert row["service_name"] == "test.ai.openai"
    if stream:
        assert row["output_tokens"] > 0 and row["usage_source"] == "ESTIMATED"
        assert row["time_to_first_byte_ms"] is not None
    else:
        assert row["time_to_first_byte_ms"] is None


def test_credentials_in_a_query_are_cut_from_the_row(relay: Gateway, scripted: Upstream) -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "Hello!"}]}]}
    response = relay.post("/gemini/v1beta/models/test.ai.gemini:generateContent?key=canary-in-query&a=b", body)
    url = row_of(relay, response)["url"]
    assert "canary-in-query" not in url
    assert url.startswith("/gemini/v1beta/models/test.ai.gemini:generateContent")
    assert "canary-in-query" not in scripted.request.target


def test_as_many_rows_as_requests_and_every_one_with_its_own_id(launch: Any, upstream: Upstream) -> None:
    """usage-09"""
    gateway = launch(upstream_config(upstream))
    ids = set()
    with gateway.client() as client:
        for number in range(200):
            body = question("test.ai.openai" if number % 3 else "no-such-model", stream=number % 2 == 0)
            ids.add(client.post(CHAT, json=body).headers["x-request-id"])
    assert len(ids) == 200
    rows = gateway.usage(count=200, columns="request_id, status_code")
    assert {row["request_id"] for row in rows} == ids
    assert PROVIDER_KEY not in json.dumps(gateway.sql("SELECT * FROM system.ai_gateway.usage"))


def test_sql_aggregates_while_the_gateway_serves(relay: Gateway, scripted: Upstream) -> None:
    relay.post(CHAT, question("test.ai.openai"))
    rows = wait_until(
        lambda: relay.sql(
            "SELECT service_name, count(*) AS calls, sum(total_tokens) AS tokens FROM system.ai_gateway.usage "
            "WHERE status_code = 200 GROUP BY service_name ORDER BY calls DESC"
        ),
        "rows by service",
    )
    assert rows[0]["calls"] >= 1


def test_a_client_that_leaves_behind_the_last_event_has_its_answer(relay: Gateway, scripted: Upstream) -> None:
    """usage-06: SDKs stop reading at [DONE], before the end of the transfer."""

    async def open_end(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.chunk(bodies.data(*bodies.chat_events(usage=True)))
        await exchange.closed.wait()

    scripted.script(open_end)
    headers = {**relay.bearer, "User-Agent": "leaver-behind-done"}
    body = question("test.ai.openai", stream=True)
    with (
        httpx.Client(base_url=relay.url, headers=headers) as client,
        client.stream("POST", CHAT, json=body) as response,
    ):
        next(text for text in response.iter_text() if "[DONE]" in text)
    [row] = relay.usage("user_agent = 'leaver-behind-done'")
    assert row["status_code"] == 200
    assert row["usage_source"] == "REPORTED"
