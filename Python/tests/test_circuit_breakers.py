# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Circuit breakers: destinations that fail are left out, and come back, as callers and operators see it.

The rules themselves have a manual clock in Swift (`CircuitStateTests`, `CircuitBreakerTests`).
"""

from __future__ import annotations

import json
from typing import Any

import bodies
import pytest
from accounts import Accounts
from config import problems, upstream_config
from gateway import Gateway, wait_until
from openai import OpenAI
from test_observability import metrics
from test_routing import CHAT, PRIMARY, SECOND, ask, attempts, fail
from upstream import Exchange, Upstream

STATE = 'gatehouse_circuit_breaker_state{destination="test.providers.openai/first"}'
EJECTIONS = 'gatehouse_circuit_breaker_ejections_total{destination="test.providers.openai/first"}'


def config(upstream: Upstream, **breaker: Any) -> dict[str, Any]:
    """`test.ai.main` goes to OpenAI, then to Anthropic."""
    made = upstream_config(upstream)
    made["provider_services"][PRIMARY]["circuit_breaker"] = {"failures": 2, "ejection": "1h", **breaker}
    made["provider_services"][PRIMARY]["circuit_breaker"].setdefault("maximum_ejection", "1h")
    made["model_services"]["test.ai.main"] = {
        "destinations": [{"provider": PRIMARY, "model": "first", "traffic_percentage": 100}],
        "fallback": [{"provider": SECOND, "model": "second"}],
    }
    return made


def asked(gateway: Gateway, stream: bool = False) -> list[str]:
    """The destinations that one request was sent to."""
    response = gateway.post(CHAT, ask(stream))
    assert response.status_code == 200, response.text
    return [attempt[2] for attempt in attempts(gateway, response)]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("failure", ["500 Broken", "503 Down", "529 Overloaded", "hang up"])
def test_a_destination_that_fails_is_left_out(launch: Any, upstream: Upstream, failure: str, stream: bool) -> None:
    gateway: Gateway = launch(config(upstream))
    fail(upstream, {"/openai": failure})
    assert metrics(gateway)[STATE] == 0
    assert [asked(gateway, stream) for _ in range(4)] == [["first", "second"]] * 2 + [["second"]] * 2
    assert metrics(gateway)[STATE] == 2
    assert metrics(gateway)[EJECTIONS] == 1
    assert "A destination is ejected" in gateway.stderr


def test_an_upstream_that_accepts_no_connection_is_left_out(launch: Any, upstream: Upstream) -> None:
    made = config(upstream)
    made["provider_services"][PRIMARY]["base_url"] = "http://127.0.0.1:1/v1"
    gateway: Gateway = launch(made)
    assert [asked(gateway) for _ in range(3)] == [["first", "second"]] * 2 + [["second"]]


def test_an_upstream_that_hangs_costs_its_time_twice_and_not_each_time(launch: Any, upstream: Upstream) -> None:
    made = config(upstream)
    made["provider_services"][PRIMARY]["timeouts"] = {"first_byte": "300ms"}
    gateway: Gateway = launch(made)

    async def hang(exchange: Exchange) -> None:
        if exchange.request.target.startswith("/openai"):
            await exchange.closed.wait()
        else:
            await bodies.answer(exchange)

    upstream.script(hang)
    assert [asked(gateway) for _ in range(4)] == [["first", "second"]] * 2 + [["second"]] * 2


def test_a_probe_takes_a_destination_back(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(config(upstream, ejection="1s"))
    fail(upstream, {"/openai": "500 Broken"})
    for _ in range(3):
        asked(gateway)
    assert metrics(gateway)[STATE] == 2
    upstream.script(bodies.answer)
    wait_until(lambda: asked(gateway) == ["first"], "the destination is asked again")
    assert metrics(gateway)[STATE] == 0
    assert all(asked(gateway) == ["first"] for _ in range(3))
    assert "A destination is taken back" in gateway.stderr


def test_a_rate_limited_destination_rests_as_long_as_it_says(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(config(upstream))

    async def limit(exchange: Exchange) -> None:
        if not exchange.request.target.startswith("/openai"):
            return await bodies.answer(exchange)
        await exchange.respond({"error": {"message": "Slow."}}, "429 Slow", "retry-after: 1\r\n")

    upstream.script(limit)
    assert asked(gateway) == ["first", "second"]
    assert asked(gateway) == ["second"]
    upstream.script(bodies.answer)
    wait_until(lambda: asked(gateway) == ["first"], "the destination is asked again")


def test_requests_that_are_wrong_leave_a_destination_in(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(config(upstream, failures=1))
    for status in ["400 Bad", "404 Missing", "413 Large", "422 Odd"]:
        fail(upstream, {"/openai": status})
        assert gateway.post(CHAT, ask()).status_code == int(status[:3])
    upstream.script(bodies.answer)
    assert asked(gateway) == ["first"]


def test_a_breaker_can_be_switched_off(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(config(upstream, failures=0))
    fail(upstream, {"/openai": "500 Broken"})
    assert [asked(gateway) for _ in range(8)] == [["first", "second"]] * 8
    assert STATE not in metrics(gateway)


def test_a_service_with_one_destination_is_always_tried(launch: Any, upstream: Upstream) -> None:
    made = config(upstream, failures=1)
    del made["model_services"]["test.ai.main"]["fallback"]
    gateway: Gateway = launch(made)
    fail(upstream, {"/openai": "500 Broken"})
    for _ in range(4):
        assert gateway.post(CHAT, ask()).status_code == 502
    assert len(upstream.requests) == 4
    assert metrics(gateway)[STATE] == 2
    upstream.script(bodies.answer)
    assert asked(gateway) == ["first"]
    assert metrics(gateway)[STATE] == 0


def test_a_breaker_outlives_a_reload_of_the_configuration(launch: Any, upstream: Upstream) -> None:
    made = config(upstream, failures=1)
    gateway: Gateway = launch(made)
    fail(upstream, {"/openai": "500 Broken"})
    assert asked(gateway) == ["first", "second"]
    made["model_services"]["test.ai.more"] = made["model_services"]["test.ai.openai"]
    gateway.write_config(made)
    more = {**ask(), "model": "test.ai.more"}
    wait_until(lambda: gateway.post(CHAT, more).status_code != 404, "the new service is there")
    assert asked(gateway) == ["second"]


def test_encrypted_thoughts_go_to_an_ejected_destination(launch: Any, upstream: Upstream) -> None:
    """Only the account that minted them can read them."""
    accounts = Accounts(upstream)
    made = accounts.config()
    for provider in made["provider_services"].values():
        provider["circuit_breaker"] = {"failures": 1, "ejection": "1h", "maximum_ejection": "1h"}
    gateway: Gateway = launch(made)
    client = OpenAI(api_key=gateway.token, base_url=gateway.url + "/ai-gateway/openai/v1", max_retries=0)

    def create(items: list[Any]) -> Any:
        return client.responses.create(model="test.ai.split", input=items, store=False)

    items: list[Any] = [{"role": "user", "content": "Task"}]
    items += [item.model_dump(exclude_none=True) for item in create(items).output]
    home = accounts.asked[-1]
    accounts.down.add(home)
    wait_until(
        lambda: gateway.post("/openai/v1/responses", {"model": f"test.ai.{home}", "input": "x"}).status_code == 502,
        "the destination fails",
    )
    accounts.down.clear()
    del accounts.asked[:]
    for number in range(10):
        gateway.post("/openai/v1/responses", {"model": "test.ai.split", "input": f"{number}", "store": False})
    assert home not in accounts.asked
    create([*items, {"role": "user", "content": "More"}])
    assert accounts.asked[-1] == home


@pytest.mark.parametrize(
    ("breaker", "words"),
    [
        ({"failures": -1}, "must be a whole number"),
        ({"ejection": "soon"}, "must be a time"),
        ({"maximum": "1m"}, "unknown key `maximum`"),
    ],
)
def test_wrong_settings_are_refused(tmp_path: Any, upstream: Upstream, breaker: dict[str, Any], words: str) -> None:
    assert words in problems(tmp_path, json.loads(json.dumps(config(upstream, **breaker))))
