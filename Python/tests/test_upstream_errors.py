# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""What goes wrong upstream reaches the client with status and reason, in its dialect, never with a secret."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import anthropic
import bodies
import openai
import pytest
from config import PROVIDER_KEY, upstream_config
from gateway import ADMIN_TOKEN, Gateway
from upstream import Exchange, Upstream

CHAT = "/mlflow/v1/chat/completions"
SERVICES = ["test.ai.openai", "test.ai.anthropic", "test.ai.gemini"]


def ask(service: str, **more: Any) -> dict[str, Any]:
    return {"model": service, "max_tokens": 64, "messages": [{"role": "user", "content": "Hello!"}], **more}


def vendor_error(service: str, message: str, status: int = 400) -> dict[str, Any]:
    """An error as the vendor writes it."""
    if service.endswith("anthropic"):
        return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}
    if service.endswith("gemini"):
        return {"error": {"code": status, "message": message, "status": "INVALID_ARGUMENT"}}
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": "some_code"}}


def check_body(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    body = response.json()
    assert body["error_code"] and body["message"]
    assert body["error"]["message"] == body["message"]
    assert PROVIDER_KEY not in response.text
    return body


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("status", [400, 404, 413, 422, 429])
def test_a_4xx_keeps_its_status_and_its_message(
    relay: Gateway, scripted: Upstream, service: str, status: int, stream: bool
) -> None:
    scripted.answer(vendor_error(service, "The prompt is too long by 7.", status), f"{status} Nope")
    body = check_body(relay.post(CHAT, ask(service, stream=stream)), status)
    assert "The prompt is too long by 7." in body["message"]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("value", ["7", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_retry_after_travels(relay: Gateway, scripted: Upstream, service: str, value: str) -> None:
    scripted.answer(vendor_error(service, "Slow down.", 429), "429 Too Many", headers=f"retry-after: {value}\r\n")
    response = relay.post(CHAT, ask(service))
    check_body(response, 429)
    assert response.headers["retry-after"] == value
    assert response.json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_provider_key_is_the_gateways_fault_and_named_without_words_of_the_upstream(
    relay: Gateway, scripted: Upstream, service: str, status: int
) -> None:
    scripted.answer(vendor_error(service, f"Incorrect API key provided: {PROVIDER_KEY}", status), f"{status} Denied")
    body = check_body(relay.post(CHAT, ask(service)), 502)
    provider = service.replace(".ai.", ".providers.")
    assert provider in body["message"]
    assert "Incorrect" not in json.dumps(body)


@pytest.mark.parametrize("path", [CHAT, "/openai/v1/responses", "/anthropic/v1/messages"])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
def test_a_5xx_is_a_5xx(relay: Gateway, scripted: Upstream, path: str, status: int) -> None:
    service = "test.ai.anthropic" if "anthropic" in path else "test.ai.openai"
    scripted.answer(vendor_error(service, "It broke.", status), f"{status} Broken")
    response = relay.post(path, ask(service, input="x"))
    assert 500 <= response.status_code < 600
    check_body(response, response.status_code)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "429 Too Many", "502 Bad Gateway"])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html><body><h1>nginx says no</h1></body></html>", "text/html"),
        (b"", "application/json"),
        (b"upstream connect error", "text/plain"),
        (b'{"error": ', "application/json"),
        (b"[]", "application/json"),
        (b"\xff\xfe\x00", "application/octet-stream"),
    ],
    ids=["html", "empty", "text", "cut", "array", "binary"],
)
def test_a_body_that_is_not_the_vendors_becomes_one_that_is_ours(
    relay: Gateway, scripted: Upstream, service: str, status: str, content: bytes, kind: str
) -> None:
    scripted.answer(content, status, kind=kind)
    response = relay.post("/openai/v1/chat/completions", ask(service))
    if status == "200 OK":
        # What is relayed may be passed on as it is.
        if response.status_code != 200 or service != "test.ai.openai":
            check_body(response, 502)
        return
    wanted = int(status[:3])
    body = check_body(response, wanted)
    assert "<html" not in json.dumps(body)


@pytest.mark.parametrize("service", SERVICES)
def test_an_endless_error_body_is_cut(relay: Gateway, scripted: Upstream, service: str) -> None:
    async def endless(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 400 Bad\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
        while not exchange.closed.is_set() and exchange.sent < 1 << 28:
            await exchange.chunk(b"x" * (1 << 16))

    scripted.script(endless)
    response = relay.post(CHAT, ask(service))
    assert 400 <= response.status_code < 600
    assert len(response.content) < 1 << 20
    assert scripted.exchanges[0].sent < 1 << 28


def test_the_error_of_a_relayed_dialect_keeps_the_vendors_members(relay: Gateway, scripted: Upstream) -> None:
    scripted.answer(vendor_error("test.ai.openai", "Too long."), "400 Bad Request")
    body = check_body(relay.post("/openai/v1/chat/completions", ask("test.ai.openai")), 400)
    assert (body["error"]["type"], body["error"]["code"]) == ("invalid_request_error", "some_code")
    scripted.answer(vendor_error("test.ai.anthropic", "Too long."), "400 Bad Request")
    body = check_body(relay.post("/anthropic/v1/messages", ask("test.ai.anthropic")), 400)
    assert (body["type"], body["error"]["type"]) == ("error", "invalid_request_error")


@pytest.mark.parametrize("service", SERVICES)
def test_an_upstream_that_breaks_off_before_it_answers(relay: Gateway, scripted: Upstream, service: str) -> None:
    async def hang_up(exchange: Exchange) -> None:
        exchange.abort()

    scripted.script(hang_up)
    check_body(relay.post(CHAT, ask(service)), 502)


@pytest.mark.parametrize("service", SERVICES)
def test_an_upstream_that_breaks_off_inside_a_whole_answer(relay: Gateway, scripted: Upstream, service: str) -> None:
    async def cut(exchange: Exchange) -> None:
        await exchange.send(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"id": ')
        exchange.close()

    scripted.script(cut)
    try:
        response = relay.post(CHAT, ask(service))
    except Exception as error:  # A relayed answer whose head was sent already can only be broken off as well.
        assert "closed" in str(error) or "incomplete" in str(error) or "disconnected" in str(error), error
    else:
        check_body(response, 502)


GARBAGE = {
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "a bad status": b"HTTP/1.1 banana OK\r\n\r\n",
    "an endless head": b"HTTP/1.1 200 OK\r\n" + b"x-filler: " + b"y" * (1 << 20),
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    "length and chunks": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n"
    b"2\r\n{}\r\n0\r\n\r\n",
    "a bad chunk size": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("stem", GARBAGE)
def test_an_upstream_that_does_not_speak_http(relay: Gateway, scripted: Upstream, stem: str) -> None:
    async def babble(exchange: Exchange) -> None:
        await exchange.send(GARBAGE[stem])
        exchange.close()

    scripted.script(babble)
    check_body(relay.post(CHAT, ask("test.ai.anthropic")), 502)
    scripted.reset()
    assert relay.post(CHAT, ask("test.ai.anthropic")).status_code == 200


def test_an_upstream_that_is_not_there(launch: Any, upstream: Upstream) -> None:
    config = upstream_config(upstream)
    config["provider_services"]["test.providers.openai"]["base_url"] = "http://127.0.0.1:9/v1"
    config["provider_services"]["test.providers.gemini"]["base_url"] = "http://gatehouse-test.invalid"
    gateway = launch(config)
    for service in ("test.ai.openai", "test.ai.gemini"):
        body = check_body(gateway.post(CHAT, ask(service)), 502)
        assert service.replace(".ai.", ".providers.") in body["message"]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_upstream_that_is_silent_before_its_answer_is_a_504(launch: Any, upstream: Upstream, stream: bool) -> None:
    config = upstream_config(upstream)
    for provider in config["provider_services"].values():
        provider["timeouts"] = {"first_byte": "300ms"}

    async def silent(exchange: Exchange) -> None:
        await exchange.closed.wait()

    upstream.script(silent)
    gateway = launch(config)
    check_body(gateway.post(CHAT, ask("test.ai.anthropic", stream=stream)), 504)
    upstream.wait(lambda: upstream.exchanges[0].closed.is_set(), "the gateway hangs up")


def test_an_upstream_that_falls_silent_inside_a_stream(launch: Any, upstream: Upstream) -> None:
    """stream-16"""
    config = upstream_config(upstream)
    for provider in config["provider_services"].values():
        provider["timeouts"] = {"idle": "300ms"}

    async def stall(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.chunk(bodies.chat_stream()[:400])
        await exchange.closed.wait()

    upstream.script(stall)
    gateway = launch(config)
    content = b""
    with gateway.client() as client, client.stream("POST", CHAT, json=ask("test.ai.openai", stream=True)) as response:
        assert response.status_code == 200
        try:
            for part in response.iter_bytes():
                content += part
        except Exception as error:
            assert "closed" in str(error) or "incomplete" in str(error), error
    assert b"[DONE]" not in content
    upstream.wait(lambda: upstream.exchanges[0].closed.is_set(), "the gateway hangs up")


def test_a_first_byte_after_a_long_thought_is_waited_for(launch: Any, upstream: Upstream) -> None:
    async def think(exchange: Exchange) -> None:
        await asyncio.sleep(2)
        await bodies.answer(exchange)

    upstream.script(think)
    config = upstream_config(upstream)
    for provider in config["provider_services"].values():
        provider["timeouts"] = {"connect": "200ms", "idle": "200ms"}
    assert launch(config).post(CHAT, ask("test.ai.openai")).status_code == 200


QUOTES = [
    f"Incorrect API key provided: {PROVIDER_KEY}.",
    f"Bearer {PROVIDER_KEY}",
    f"cut off: {PROVIDER_KEY[:20]}",
    "other key sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789",
]


def check_no_key(text: str) -> None:
    assert PROVIDER_KEY not in text
    assert PROVIDER_KEY[:16] not in text
    assert "abcdefghijklmnop" not in text


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    "path", [CHAT, "/openai/v1/chat/completions", "/openai/v1/responses", "/anthropic/v1/messages"]
)
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("status", [400, 404, 422, 429, 500, 503])
def test_an_error_that_quotes_the_providers_key_reaches_the_client_without_it(
    relay: Gateway, scripted: Upstream, service: str, path: str, status: int, stream: bool
) -> None:
    for quote in QUOTES:
        scripted.reset()
        scripted.answer(
            vendor_error(service, quote, status), f"{status} No", headers=f"retry-after: {PROVIDER_KEY}\r\n"
        )
        response = relay.post(path, ask(service, input="x", stream=stream))
        assert response.status_code >= 400
        check_no_key(response.text)
        check_no_key(str(response.headers))
    check_no_key(relay.output)


ERROR_EVENTS = {
    "test.ai.openai": "data: %s\n\n",
    "test.ai.anthropic": "event: error\ndata: %s\n\n",
    "test.ai.gemini": "data: %s\n\n",
}


@pytest.mark.parametrize("late", [False, True], ids=["at once", "after content"])
@pytest.mark.parametrize("path", [CHAT, "/openai/v1/chat/completions", "/anthropic/v1/messages"])
@pytest.mark.parametrize("service", SERVICES)
def test_an_error_event_that_quotes_the_providers_key_reaches_the_client_without_it(
    relay: Gateway, scripted: Upstream, service: str, path: str, late: bool
) -> None:
    for quote in QUOTES:
        event = ERROR_EVENTS[service] % json.dumps(vendor_error(service, quote, 500))
        before = b""
        if late:
            streams: dict[str, Callable[[], bytes]] = {
                "test.ai.openai": bodies.chat_stream,
                "test.ai.anthropic": bodies.anthropic_stream,
                "test.ai.gemini": bodies.gemini_stream,
            }
            stream = streams[service]()
            before = b"\n\n".join(stream.split(b"\n\n")[:3]) + b"\n\n"
        scripted.reset()
        scripted.answer_stream(before + event.encode())
        check_no_key(relay.post(path, ask(service, stream=True)).text)


@pytest.mark.parametrize("pieces", [1, 7])
def test_an_error_with_status_200_that_quotes_the_providers_key_reaches_the_client_without_it(
    relay: Gateway, scripted: Upstream, pieces: int
) -> None:
    body = json.dumps({"error": {"code": 401, "message": QUOTES[0]}, "user_id": "u"}).encode()
    size = len(body) // pieces + 1

    async def in_pieces(exchange: Exchange) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        await exchange.send(head.encode())
        for start in range(0, len(body), size):
            await exchange.send(body[start : start + size])
            await asyncio.sleep(0.05)

    scripted.script(in_pieces)
    response = relay.post("/openai/v1/chat/completions", ask("test.ai.openai"))
    check_no_key(response.text)
    assert "[redacted]" in response.text


TOO_LONG = {
    "test.ai.openai": "This model's maximum context length is 4096 tokens. However, your request has 5000.",
    "test.ai.anthropic": "prompt is too long: 213462 tokens > 200000 maximum",
    "test.ai.gemini": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_prompt_that_is_too_long_is_known_to_every_client(relay: Gateway, scripted: Upstream, service: str) -> None:
    """errors-06"""
    scripted.answer(vendor_error(service, TOO_LONG[service]), "400 Bad Request")
    token = ADMIN_TOKEN
    chat = openai.OpenAI(base_url=relay.url + "/mlflow/v1", api_key=token, max_retries=0)
    if service != "test.ai.openai":
        with pytest.raises(openai.BadRequestError) as refused:
            chat.chat.completions.create(model=service, messages=[{"role": "user", "content": "x"}])
        assert refused.value.code == "context_length_exceeded"
    # Codex reads it in a stream, the SDK raises it there as well.
    with relay.client() as client:
        body = {"model": service, "input": "x", "stream": True}
        response = client.post("/openai/v1/responses", json=body)
    if service == "test.ai.openai":
        assert response.status_code == 400
    else:
        assert response.status_code == 200
        events = [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: ")]
        failed = next(event for event in events if event["type"] == "response.failed")
        assert failed["response"]["error"]["code"] == "context_length_exceeded"
        [row] = relay.usage(f"request_id = '{response.headers['x-request-id']}'")
        assert row["status_code"] == 400
        responses = openai.OpenAI(base_url=relay.url + "/openai/v1", api_key=token, max_retries=0)
        with pytest.raises(openai.APIError) as told:
            for _ in responses.responses.create(model=service, input="x", stream=True):
                pass
        assert "context_length_exceeded" in str(told.value.code)
    claude = anthropic.Anthropic(base_url=relay.url + "/anthropic", api_key=token, max_retries=0)
    with pytest.raises(anthropic.BadRequestError, match="prompt is too long"):
        claude.messages.create(model=service, max_tokens=9, messages=[{"role": "user", "content": "x"}])


@pytest.mark.parametrize(
    "path", [CHAT, "/openai/v1/responses", "/gemini/v1beta/models/test.ai.anthropic:generateContent"]
)
def test_a_status_that_only_one_vendor_has_does_not_reach_the_clients_of_another(
    relay: Gateway, scripted: Upstream, path: str
) -> None:
    """errors-06"""
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    scripted.answer(body, "529 Overloaded")
    request = ask("test.ai.anthropic", input="x", contents=[{"role": "user", "parts": [{"text": "x"}]}])
    check_body(relay.post(path, request), 503)
