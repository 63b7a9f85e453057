# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Earlier answers of Responses: `store`, `previous_response_id`, GET, DELETE, input items, and whose they are."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

import openai
import pytest
from accounts import Accounts
from config import PROVIDER_KEY, upstream_config
from gateway import Gateway
from openai import OpenAI
from upstream import Upstream

#: Translated, and relayed to a simulator that keeps nothing.
MODELS = ["system.ai.claude-sonnet-4-5", "system.ai.gemini-3-1-pro", "system.ai.gpt-5"]
BASES = ["/ai-gateway/openai/v1", "/mlflow/v1", "/serving-endpoints"]


def sdk(gateway: Gateway, base: str = "/ai-gateway/openai/v1", token: str | None = None) -> OpenAI:
    return OpenAI(api_key=token or gateway.token, base_url=gateway.url + base, max_retries=0)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_chain_of_answers(gateway: Gateway, model: str, stream: bool) -> None:
    client = sdk(gateway)

    def ask(text: str, previous: str | None) -> Any:
        options: Any = {"model": model, "input": text, "previous_response_id": previous}
        if not stream:
            return client.responses.create(**options)
        with client.responses.stream(**options) as events:
            return events.get_final_response()

    first = ask("Please remember the word platypus, and tell me about it.", None)
    second = ask("And what does it eat?", first.id)
    third = ask("Thank you.", second.id)
    assert len({first.id, second.id, third.id}) == 3
    assert all(len(one.id) <= 64 for one in (first, second, third))
    assert first.usage.input_tokens < second.usage.input_tokens < third.usage.input_tokens
    found = client.responses.retrieve(second.id)
    assert found.id == second.id and found.output_text == second.output_text
    items = client.responses.input_items.list(third.id, order="asc", limit=100).data
    texts = [
        part.text
        for item in items
        if item.type == "message"
        for part in item.content
        if part.type in ("input_text", "output_text")
    ]
    assert texts[0].startswith("Please remember the word platypus")
    assert first.output_text in texts and second.output_text in texts
    assert texts[-1] == "Thank you."
    assert all(item.id for item in items)
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.id)
    # Later answers hold the whole conversation.
    assert ask("Bye.", third.id).usage.input_tokens > third.usage.input_tokens


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("max_tokens", [None, 16])
def test_a_response_says_which_it_follows(gateway: Gateway, model: str, max_tokens: int | None) -> None:
    """reasoning-08"""
    client = sdk(gateway)
    first = client.responses.create(model=model, input="Hello!")
    assert first.previous_response_id is None
    options: Any = {"model": model, "input": "And now?", "previous_response_id": first.id}
    if max_tokens:
        options |= {"max_output_tokens": max_tokens, "input": "[[simulate: tokens=500]]"}
    second = client.responses.create(**options)
    assert second.previous_response_id == first.id
    told = [event for event in client.responses.create(**options, stream=True) if hasattr(event, "response")]
    end = "response.incomplete" if max_tokens else "response.completed"
    assert [event.type for event in told] == ["response.created", "response.in_progress", end]
    assert {event.response.previous_response_id for event in told} == {first.id}
    assert client.responses.retrieve(told[-1].response.id).previous_response_id == first.id
    failing = {**options, "input": "[[simulate: error_after=2]]", "stream": True}
    failed = []
    # Where the answer is translated, the SDK raises an error behind the event.
    with contextlib.suppress(openai.APIError):
        for event in client.responses.create(**failing):
            if event.type == "response.failed":
                failed.append(event.response.previous_response_id)
    assert failed == [first.id]


@pytest.mark.parametrize("base", BASES)
def test_every_responses_route_knows_the_same_answers(gateway: Gateway, base: str) -> None:
    made = sdk(gateway).responses.create(model="system.ai.gpt-5", input="Hello!")
    client = sdk(gateway, base)
    assert client.responses.retrieve(made.id).id == made.id
    first: Any = client.responses.input_items.list(made.id).data[0]
    assert first.content[0].text == "Hello!"
    client.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.delete(made.id)


def test_the_stored_answer_is_what_the_client_got(gateway: Gateway) -> None:
    answer = gateway.post("/openai/v1/responses", {"model": "system.ai.gpt-5", "input": "Hello!"})
    found = gateway.get(f"/openai/v1/responses/{answer.json()['id']}")
    assert found.status_code == 200
    assert found.content == answer.content
    assert found.headers["content-type"] == "application/json"
    assert found.headers["x-request-id"] != answer.headers["x-request-id"]


def test_store_false_is_not_stored(gateway: Gateway) -> None:
    client = sdk(gateway)
    made = client.responses.create(model="system.ai.gpt-5", input="Hello!", store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made.id)
    with pytest.raises(openai.NotFoundError) as refused:
        client.responses.create(model="system.ai.gpt-5", input="Hello!", previous_response_id=made.id)
    assert refused.value.code == "previous_response_not_found"
    assert refused.value.param == "previous_response_id"


def test_another_users_answer_is_refused_like_one_that_never_was(gateway: Gateway) -> None:
    """reasoning-08"""
    alice, bob = (sdk(gateway, token=gateway.create_token(f"{name}@example.com")) for name in ("alice", "bob"))
    made = alice.responses.create(model="system.ai.gpt-5", input="Hello!")

    def words(call: Callable[[str], Any], identifier: str) -> str:
        with pytest.raises(openai.NotFoundError) as refused:
            call(identifier)
        body = json.dumps(refused.value.body)
        assert identifier in body
        return body.replace(identifier, "ID")

    for call in (
        bob.responses.retrieve,
        bob.responses.delete,
        lambda identifier: bob.responses.input_items.list(identifier),
        lambda identifier: bob.responses.create(
            model="system.ai.gpt-5", input="Hello!", previous_response_id=identifier
        ),
    ):
        assert words(call, made.id) == words(call, "resp_" + "0" * 32)
    assert alice.responses.retrieve(made.id).id == made.id


def test_answers_survive_a_restart_and_a_kill(launch: Callable[..., Gateway]) -> None:
    gateway = launch()
    first = sdk(gateway).responses.create(model="system.ai.gpt-5", input="Hello!")
    assert gateway.stop() == 0, gateway.output
    gateway.start()
    assert sdk(gateway).responses.retrieve(first.id).id == first.id
    second = sdk(gateway).responses.create(model="system.ai.gpt-5", input="And?", previous_response_id=first.id)
    # Written behind the answer, within a tenth of a second.
    time.sleep(1)
    gateway.kill()
    gateway.start()
    assert sdk(gateway).responses.retrieve(second.id).id == second.id
    assert len(sdk(gateway).responses.input_items.list(second.id).data) == 3


@pytest.mark.parametrize(
    ("member", "value"),
    [("background", True), ("conversation", "conv_1"), ("store", "yes"), ("previous_response_id", 1)],
)
def test_what_the_gateway_cannot_keep_is_refused_by_name(gateway: Gateway, member: str, value: Any) -> None:
    answer = gateway.post("/openai/v1/responses", {"model": "system.ai.gpt-5", "input": "Hello!", member: value})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == member


def test_requests_about_answers_need_a_token_and_a_method_that_is_served(gateway: Gateway) -> None:
    assert gateway.get("/openai/v1/responses/resp_1", headers={}).status_code == 401
    answer = gateway.post("/openai/v1/responses/resp_1", {})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, DELETE")


def test_an_answer_beyond_the_bound_is_served_and_not_stored(
    launch: Callable[..., Gateway], upstream: Upstream
) -> None:
    config = upstream_config(upstream, server={"responses": {"max_bytes_per_response": 100}})
    config["provider_services"]["test.providers.custom"]["native_api_types"] = ["openai/v1/responses"]
    gateway = launch(config)
    answer = gateway.post("/openai/v1/responses", {"model": "test.ai.custom", "input": "Hello!"})
    assert answer.status_code == 200
    found = gateway.get(f"/openai/v1/responses/{answer.json()['id']}")
    assert found.status_code == 404
    assert "max_bytes_per_response" in found.json()["error"]["message"]


def test_what_an_upstream_that_keeps_nothing_gets(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    config = upstream_config(upstream)
    config["provider_services"]["test.providers.custom"]["native_api_types"] = ["openai/v1/responses"]
    gateway = launch(config)
    first = gateway.post("/openai/v1/responses", {"model": "test.ai.custom", "input": "One."}).json()
    second = {"model": "test.ai.custom", "input": "Two.", "previous_response_id": first["id"], "top_p": 1.0}
    assert gateway.post("/openai/v1/responses", second).status_code == 200
    sent = upstream.requests[-1].json
    assert sent["previous_response_id"] is None
    question, *answer, last = sent["input"]
    assert question["content"][0]["text"] == "One." and last["content"][0]["text"] == "Two."
    assert answer == first["output"]


# Providers that keep answers themselves.


def test_an_answer_that_a_provider_keeps_is_continued_there(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    """reasoning-08"""
    accounts = Accounts(upstream)
    gateway = launch(accounts.config())
    client = sdk(gateway)
    for stream in (False, True) * 5:
        del accounts.asked[:]
        previous: Any = None
        for _ in range(4):
            options: Any = {"model": "test.ai.split", "input": "Go on.", "previous_response_id": previous}
            if stream:
                with client.responses.stream(**options) as events:
                    previous = events.get_final_response().id
            else:
                previous = client.responses.create(**options).id
        assert client.responses.retrieve(previous).id == previous
        assert client.responses.input_items.list(previous).data[0].id == f"msg_of_{accounts.asked[0]}"
        client.responses.delete(previous)
        assert len(set(accounts.asked)) == 1, accounts.asked
        asked = len(accounts.asked)
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(previous)
        assert len(accounts.asked) == asked
    # The provider is asked with its own credential, not with the caller's.
    assert {request.header("authorization") for request in upstream.requests} == {f"Bearer {PROVIDER_KEY}"}


def test_a_provider_that_is_down_is_an_error_not_another_destination(
    launch: Callable[..., Gateway], upstream: Upstream
) -> None:
    """reasoning-08"""
    accounts = Accounts(upstream)
    gateway = launch(accounts.config())
    made = gateway.post("/openai/v1/responses", {"model": "test.ai.split", "input": "Hello!"}).json()
    holder = accounts.asked[0]
    accounts.down = {holder}
    del accounts.asked[:]
    body = {"model": "test.ai.split", "input": "And?", "previous_response_id": made["id"]}
    answer = gateway.post("/openai/v1/responses", body)
    assert answer.status_code == 502
    assert "only this provider has the response" in answer.json()["error"]["message"]
    assert gateway.get(f"/openai/v1/responses/{made['id']}").status_code == 502
    assert set(accounts.asked) == {holder}
    # A service that goes elsewhere cannot continue it either, and says so.
    other = next(name for name in "abc" if name != holder)
    answer = gateway.post("/openai/v1/responses", {**body, "model": f"test.ai.{other}"})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "previous_response_id"


def test_what_a_provider_keeps_is_its_creators(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    """reasoning-08"""
    accounts = Accounts(upstream)
    config = accounts.config()
    grants = [
        {"principal": "eve@example.com", "privileges": ["USE_CATALOG"], "on": {"catalog": "test"}},
        {"principal": "eve@example.com", "privileges": ["USE_SCHEMA"], "on": {"schema": "test.ai"}},
        {"principal": "eve@example.com", "privileges": ["EXECUTE"], "on": {"model_service": "test.ai.a"}},
    ]
    config |= {"users": {"eve@example.com": {}}, "grants": grants}
    gateway = launch(config)
    made = gateway.post("/openai/v1/responses", {"model": "test.ai.a", "input": "Hello!"}).json()
    eve = sdk(gateway, token=gateway.create_token("eve@example.com"))
    asked = len(accounts.asked)
    with pytest.raises(openai.NotFoundError):
        eve.responses.retrieve(made["id"])
    with pytest.raises(openai.NotFoundError):
        eve.responses.create(model="test.ai.a", input="Hello!", previous_response_id=made["id"])
    assert len(accounts.asked) == asked, "the provider was asked"


def test_requests_that_reach_a_provider_leave_usage_rows_without_tokens(
    launch: Callable[..., Gateway], upstream: Upstream
) -> None:
    accounts = Accounts(upstream)
    gateway = launch(accounts.config())
    made = gateway.post("/openai/v1/responses", {"model": "test.ai.a", "input": "Hello!"}).json()
    found = gateway.get(f"/openai/v1/responses/{made['id']}?include=x")
    assert found.status_code == 200
    assert upstream.requests[-1].target == f"/a/v1/responses/{made['id']}?include=x"
    [row] = gateway.usage(f"request_id = '{found.headers['x-request-id']}'")
    assert (row["status_code"], row["service_name"], row["total_tokens"]) == (200, "test.ai.a", None)
