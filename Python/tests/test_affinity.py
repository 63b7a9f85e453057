# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Which destination of a service gets a call: the one that can read its thoughts, the one of its session."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import bodies
import openai
import pytest
from accounts import Accounts
from config import PROVIDER_KEY, upstream_config
from gateway import Gateway
from openai import OpenAI
from upstream import Upstream

RESPONSES = "/openai/v1/responses"


def sdk(gateway: Gateway, token: str | None = None) -> OpenAI:
    return OpenAI(api_key=token or gateway.token, base_url=gateway.url + "/ai-gateway/openai/v1", max_retries=0)


@pytest.mark.parametrize("stream", [False, True])
def test_encrypted_thoughts_go_back_to_the_account_that_minted_them(
    launch: Callable[..., Gateway], upstream: Upstream, stream: bool
) -> None:
    """reasoning-07"""
    accounts = Accounts(upstream)
    client = sdk(launch(accounts.config()))
    starts = set()
    for number in range(12):
        items: list[Any] = [{"role": "user", "content": f"Task {number}"}]
        del accounts.asked[:]
        for _ in range(4):
            options: Any = {"model": "test.ai.split", "input": items, "store": False}
            if stream:
                with client.responses.stream(**options) as events:
                    response = events.get_final_response()
            else:
                response = client.responses.create(**options)
            output = [item.model_dump(exclude_none=True) for item in response.output]
            # Who knows the origin need not see the vendor's bytes.
            assert output[0]["encrypted_content"].startswith("gatehouse1_")
            items += output
        assert len(set(accounts.asked)) == 1, accounts.asked
        starts.add(accounts.asked[0])
        sent = upstream.requests[-1].json["input"]
        thoughts = [item["encrypted_content"] for item in sent if item.get("type") == "reasoning"]
        assert len(thoughts) == 3 and all(t.startswith(f"gAAAA{accounts.asked[0]}") for t in thoughts), thoughts
    assert len(starts) > 1, "twelve conversations began with one and the same account"


def test_compactions_go_back_to_the_account_that_made_them(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    accounts = Accounts(upstream)
    client = sdk(launch(accounts.config()))
    makers = set()
    for number in range(12):
        del accounts.asked[:]
        compacted = client.responses.compact(model="test.ai.split", input=f"Task {number}")
        items: list[Any] = [item.model_dump(exclude_none=True) for item in compacted.output]
        assert items[0]["encrypted_content"].startswith("gatehouse1_")
        assert compacted.usage.total_tokens == bodies.OPENAI_RESPONSE["usage"]["total_tokens"]
        for _ in range(3):
            client.responses.create(model="test.ai.split", input=items, store=False)
            maker = accounts.asked[0]
            assert upstream.requests[-1].json["input"][0] == {
                "id": f"cmp_{maker}",
                "type": "compaction",
                "encrypted_content": f"gAAAA{maker}cmp+/==",
            }
        client.responses.compact(model="test.ai.split", input=items)
        assert set(accounts.asked) == {maker}, accounts.asked
        makers.add(maker)
    assert len(makers) > 1, "twelve conversations began with one and the same account"


def test_a_compaction_is_tried_again_without_reasoning_that_is_refused(
    launch: Callable[..., Gateway], upstream: Upstream
) -> None:
    accounts = Accounts(upstream)
    gateway = launch(accounts.config())
    foreign = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAelsewhere"}
    body = {"model": "test.ai.a", "input": [{"role": "user", "content": "Hello!"}, foreign]}
    answer = gateway.post(RESPONSES + "/compact", body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["object"] == "response.compaction"
    assert [item.get("type") for item in upstream.requests[-1].json["input"]] == [None]
    assert accounts.asked == ["a", "a"]


def test_a_response_is_compacted_where_it_is_kept(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    accounts = Accounts(upstream)
    client = sdk(launch(accounts.config()))
    for _ in range(6):
        del accounts.asked[:]
        first = client.responses.create(model="test.ai.split", input="Hello!")
        client.responses.compact(model="test.ai.split", previous_response_id=first.id)
        assert len(set(accounts.asked)) == 1, accounts.asked
        assert upstream.requests[-1].json["previous_response_id"] == first.id


def test_with_one_destination_every_byte_stays(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    """reasoning-07"""
    accounts = Accounts(upstream)
    gateway = launch(accounts.config())
    response = gateway.post(RESPONSES, {"model": "test.ai.a", "input": "Hello!"})
    assert response.content == bodies.dump(accounts.kept["a"][response.json()["id"]])
    body = json.dumps({"model": "test.ai.a", "input": response.json()["output"], "x": 1.50}).encode()
    gateway.post(RESPONSES, body)
    assert upstream.requests[-1].body == body.replace(b"test.ai.a", b"gpt-5")


def test_a_session_stays_with_one_destination(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    """cache-02"""
    accounts = Accounts(upstream)
    gateway = launch(accounts.config())
    firsts = set()
    for session in range(12):
        del accounts.asked[:]
        for _ in range(4):
            body = {"model": "test.ai.split", "input": "Hello!", "prompt_cache_key": f"session-{session}"}
            assert gateway.post(RESPONSES, body).status_code == 200
        for _ in range(4):
            headers = {**gateway.bearer, "session_id": f"session-{session}"}
            body = {"model": "test.ai.split", "input": "Hello!"}
            assert gateway.post(RESPONSES, body, headers=headers).status_code == 200
        assert len(set(accounts.asked)) == 1, accounts.asked
        firsts.add(accounts.asked[0])
    assert len(firsts) > 1
    del accounts.asked[:]
    for _ in range(30):
        gateway.post(RESPONSES, {"model": "test.ai.split", "input": "Hello!"})
    assert len(set(accounts.asked)) > 1, "calls without a session are not spread"


def test_claude_codes_session_stays_with_one_destination(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    """cache-02"""
    config = upstream_config(upstream)
    destinations = [
        {"provider": "test.providers.anthropic", "model": f"m{number}", "traffic_percentage": 25} for number in range(4)
    ]
    config["model_services"]["test.ai.split"] = {"destinations": destinations}
    gateway = launch(config)
    seen = set()
    for session in range(8):
        body = {
            "model": "test.ai.split",
            "max_tokens": 64,
            "messages": [{"role": "user", "content": "Hello!"}],
            "metadata": {"user_id": f"user_aa_account_bb_session_{session}"},
        }
        del upstream.requests[:]
        for _ in range(5):
            assert gateway.post("/anthropic/v1/messages", body).status_code == 200
        models = {request.json["model"] for request in upstream.requests}
        assert len(models) == 1
        seen |= models
    assert len(seen) > 1


def test_a_compaction_reaches_no_account_that_cannot_read_it(
    launch: Callable[..., Gateway], upstream: Upstream
) -> None:
    """reasoning-14"""
    accounts = Accounts(upstream)
    config = accounts.config()
    config["provider_services"]["test.providers.claude"] = {
        "provider_type": "anthropic",
        "base_url": upstream.url + "/claude",
        "api_key": PROVIDER_KEY,
    }
    fallbacks = [{"provider": f"test.providers.{name}", "model": "gpt-5"} for name in "bc"]
    fallbacks.append({"provider": "test.providers.claude", "model": "claude-sonnet-4-5"})
    config["model_services"]["test.ai.safe"] = {**config["model_services"]["test.ai.a"], "fallback": fallbacks}
    gateway = launch(config)
    client = sdk(gateway)
    items: list[Any] = [
        item.model_dump(exclude_none=True) for item in client.responses.compact(model="test.ai.safe", input="Hi").output
    ]
    items.append({"role": "user", "content": "Go on."})
    client.responses.create(model="test.ai.safe", input=items)
    assert set(accounts.asked) == {"a"}
    # Whoever made it is down: the fallbacks could only refuse it.
    accounts.down.add("a")
    del accounts.asked[:]
    with pytest.raises(openai.InternalServerError) as failed:
        client.responses.create(model="test.ai.safe", input=items)
    assert "only this one can read the compaction in 'input[0]'" in str(failed.value)
    assert set(accounts.asked) == {"a"}
    # Another account, by a service that does not call the first.
    del accounts.asked[:]
    for ask in (client.responses.create, client.responses.compact):
        with pytest.raises(openai.BadRequestError) as refused:
            ask(model="test.ai.b", input=items)
        assert refused.value.code == "invalid_encrypted_content" and refused.value.param == "input[0]"
        assert "only the account that compacted them can read" in str(refused.value)
        assert "Use the model that made the compaction" in str(refused.value)
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(model="test.ai.b", input=items, stream=True)
    assert refused.value.code == "invalid_encrypted_content"
    assert accounts.asked == []
