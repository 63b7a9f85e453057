# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""What becomes of opaque state that a vendor would refuse.

reasoning-06: a conversation whose state is refused goes on without it, after one more try and no more.
reasoning-04: one that moves to another vendor never shows its state there, so that nothing is refused.

The simulator checks signatures and encrypted thoughts as the vendors do, and refuses a state with one letter changed.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from config import service, upstream_config
from conversations import CONVERSATIONS, Chat
from gateway import Gateway
from upstream import Exchange, Upstream

#: Anything that may be a state: the gateway's wrapping, or a long text without spaces.
STATE = re.compile(r"gatehouse1_[\w-]{30,}|[\w+/=-]{40,}")


def altered(answer: Any) -> Any:
    """The same with the last letters of every state changed, wherever it stands; and every state must be changed."""

    def change(match: re.Match[str]) -> str:
        text = match.group()
        return text[:-6] + ("B" if text[-6] == "A" else "A") + text[-5:]

    text, count = STATE.subn(change, json.dumps(answer))
    assert count, answer
    return json.loads(text)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One service for each vendor, all the simulator's."""
    models = {
        "anthropic": "claude-sonnet-4-5",
        "openai": "gpt-5",
        "gemini": "gemini-3-pro",
        "amazon_bedrock": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    }
    services = {
        f"test.ai.{name}": service(f"system.providers.simulator-{name}", model) for name, model in models.items()
    }
    for name, model in models.items():
        # A primary that always fails: one for each test, since one that fails too often is ejected.
        other = "gemini" if name != "gemini" else "anthropic"
        for client, first in itertools.product(CONVERSATIONS, models):
            services[f"test.ai.after-a-failure-{client.__name__}-{first}-{name}"] = service(
                f"system.providers.simulator-{other}",
                f"{models[other]} [[simulate: status=503]] {client.__name__} {first} {name}",
                fallback=[{"provider": f"system.providers.simulator-{name}", "model": model}],
            )
    running = Gateway(tmp_path_factory.mktemp("repair"), {"simulator": True, "model_services": services}).start()
    yield running
    assert running.stop() == 0, running.output


def attempts(gateway: Gateway, response: Any) -> list[tuple[str, int]]:
    [row] = gateway.usage(f"request_id = '{response.headers['x-request-id']}'")
    assert row["status_code"] == response.status_code
    found = json.loads(row["routing_information"])["attempts"]
    return [(attempt["action"], attempt["status_code"]) for attempt in found]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("client", CONVERSATIONS)
@pytest.mark.parametrize("upstream", ["anthropic", "openai", "gemini", "amazon_bedrock"])
def test_a_conversation_with_altered_state_goes_on(
    simulated: Gateway, client: type[Any], upstream: str, stream: bool
) -> None:
    """reasoning-06"""
    conversation = client(f"test.ai.{upstream}", stream)
    first = simulated.post(conversation.path, conversation.body)
    assert first.status_code == 200, first.text
    # As it came, the state is taken, in one try.
    good = simulated.post(conversation.path, conversation.go_on(first.json()))
    assert good.status_code == 200, good.text
    assert "x-gatehouse-repaired" not in good.headers
    assert attempts(simulated, good) == [("ROUTE", 200)]
    try:
        body = conversation.go_on(first.json(), altered)
    except AssertionError:
        # OpenAI's chat completions have no state.
        assert issubclass(client, Chat) and upstream == "openai"
        return
    mended = simulated.post(conversation.path, body)
    assert mended.status_code == 200, mended.text
    assert "Sunny" in mended.text
    assert mended.headers["x-gatehouse-repaired"] == "opaque state"
    assert "earlier reasoning" in mended.headers["x-gatehouse-dropped"]
    assert attempts(simulated, mended) == [("ROUTE", 400), ("RETRY", 200)]


@pytest.mark.parametrize("second", ["anthropic", "openai", "gemini", "amazon_bedrock"])
@pytest.mark.parametrize("first", ["anthropic", "openai", "gemini", "amazon_bedrock"])
@pytest.mark.parametrize("client", CONVERSATIONS)
def test_a_conversation_that_moves_shows_its_state_to_nobody_else(
    simulated: Gateway, client: type[Any], first: str, second: str
) -> None:
    """reasoning-04"""
    for stream in (False, True):
        for name, expected in [
            (f"test.ai.{second}", [("ROUTE", 200)]),
            (f"test.ai.after-a-failure-{client.__name__}-{first}-{second}", [("ROUTE", 503), ("FALLBACK", 200)]),
        ]:
            if first == second and len(expected) > 1:
                continue  # It goes where its state is from (reasoning-07).
            conversation = client(f"test.ai.{first}", stream)
            answer = simulated.post(conversation.path, conversation.body)
            assert answer.status_code == 200, answer.text
            conversation.model = name
            body = conversation.go_on(answer.json())
            moved = simulated.post(conversation.path, body)
            assert moved.status_code == 200, moved.text
            assert "Sunny" in moved.text
            # The simulator is strict: a state of another vendor would have been refused, and repaired.
            assert "x-gatehouse-repaired" not in moved.headers
            assert attempts(simulated, moved) == expected


REFUSALS: dict[str, dict[str, Any]] = {
    "anthropic": {
        "type": "error",
        "error": {
            "type": "invalid_request_error",
            "message": "messages.1.content.0: Invalid `signature` in `thinking` block",
        },
    },
    "openai": {
        "error": {
            "message": "The encrypted content gAAA...Rg== could not be verified.",
            "type": "invalid_request_error",
            "param": None,
            "code": "invalid_encrypted_content",
        }
    },
    "gemini": {"error": {"code": 400, "message": "Corrupted thought signature.", "status": "INVALID_ARGUMENT"}},
}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"}
BODIES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "anthropic": (
        "/anthropic/v1/messages",
        {"max_tokens": 9, "messages": [{"role": "user", "content": "a"}]},
        {
            "max_tokens": 9,
            "messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": [THOUGHT, {"type": "text", "text": "b"}]},
                {"role": "user", "content": "c"},
            ],
        },
    ),
    "openai": (
        "/openai/v1/responses",
        {"input": "a"},
        {"input": [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"}]},
    ),
    "gemini": (
        "/gemini/v1beta/models/test.ai.gemini:generateContent",
        {"contents": [{"parts": [{"text": "a"}]}]},
        {"contents": [{"role": "model", "parts": [{"text": "a", "thoughtSignature": "EqQB"}]}]},
    ),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_there_is_one_more_try_and_none_without_state(
    launch: Callable[..., Gateway], upstream: Upstream, kind: str
) -> None:
    """reasoning-06"""

    async def refuse(exchange: Exchange) -> None:
        await exchange.respond(REFUSALS[kind], "400 Bad Request")

    upstream.script(refuse)
    gateway = launch(upstream_config(upstream))
    path, plain, stateful = BODIES[kind]
    words = REFUSALS[kind]["error"]["message"]
    for body, tries in [(plain, ["ROUTE"]), (stateful, ["ROUTE", "RETRY"])]:
        before = len(upstream.requests)
        response = gateway.post(path, {"model": f"test.ai.{kind}", **body} if kind != "gemini" else body)
        assert response.status_code == 400
        assert response.json()["error"]["message"] == words
        assert "x-gatehouse-repaired" not in response.headers
        assert attempts(gateway, response) == [(action, 400) for action in tries]
        assert len(upstream.requests) == before + len(tries)
    assert b"EqQB" not in upstream.requests[-1].body and b"gAAAA" not in upstream.requests[-1].body


#: Where another server's reasoning stands in plain text, how a vendor refuses it, and what goes on without it.
PLAIN: dict[str, tuple[str, dict[str, Any], str, dict[str, Any]]] = {
    "openai-chat": (
        "/openai/v1/chat/completions",
        {"messages": [{"role": "assistant", "content": "b", "reasoning_content": "WHY"}]},
        "400 Bad Request",
        {"error": {"message": "Unknown parameter: 'messages[0].reasoning_content'.", "code": "unknown_parameter"}},
    ),
    "openai-chat-detail": (
        "/openai/v1/chat/completions",
        {"messages": [{"role": "assistant", "content": "b", "reasoning": "WHY"}]},
        "422 Unprocessable Content",
        {"detail": [{"loc": ["body", "messages", 0, "assistant", "reasoning"], "msg": "Extra inputs not permitted"}]},
    ),
    "openai": (
        "/openai/v1/responses",
        {
            "input": [
                {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "WHY"}]},
                {"role": "user", "content": "c"},
            ]
        },
        "400 Bad Request",
        {
            "error": {
                "message": "Invalid 'input[0].content': array too long.",
                "param": "input[0].content",
                "code": "array_above_max_length",
            }
        },
    ),
    "anthropic": (
        "/anthropic/v1/messages",
        {
            "max_tokens": 9,
            "messages": [
                {"role": "user", "content": "a"},
                {
                    "role": "assistant",
                    "content": [{"type": "thinking", "thinking": "WHY"}, {"type": "text", "text": "b"}],
                },
                {"role": "user", "content": "c"},
            ],
        },
        "400 Bad Request",
        {"type": "error", "error": {"message": "messages.1.content.0.thinking.signature: Field required"}},
    ),
}


@pytest.mark.parametrize("kind", PLAIN)
def test_reasoning_in_plain_text_is_left_out_where_it_is_refused(
    launch: Callable[..., Gateway], upstream: Upstream, kind: str
) -> None:
    """reasoning-13"""
    path, body, status, refusal = PLAIN[kind]
    seen: list[bytes] = []

    async def answer(exchange: Exchange) -> None:
        seen.append(exchange.request.body)
        if b"WHY" in exchange.request.body:
            await exchange.respond(refusal, status)
        else:
            await exchange.respond({"id": "x", "choices": [], "output": [], "content": []}, "200 OK")

    upstream.script(answer)
    gateway = launch(upstream_config(upstream))
    response = gateway.post(path, {"model": "test.ai." + kind.split("-")[0], **body})
    assert response.status_code == 200, response.text
    assert response.headers["x-gatehouse-repaired"] == "opaque state"
    assert [b"WHY" in body for body in seen] == [True, False]
