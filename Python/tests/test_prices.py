# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""What requests cost, in the usage table and in `/metrics`.

The arithmetic is tested in Swift (`PriceCardTests`, `PriceListTests`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bodies
import pytest
from config import problems, service, upstream_config
from gateway import Gateway
from upstream import Upstream

CHAT = "/mlflow/v1/chat/completions"
HELLO = [{"role": "user", "content": "Hello!"}]


def priced(upstream: Upstream, kind: str, model: str, **destination: Any) -> dict[str, Any]:
    """`test.ai.priced` at a provider of that kind, beside the services of `upstream_config`."""
    made = upstream_config(upstream)
    made["model_services"]["test.ai.priced"] = service(f"test.providers.{kind}", model)
    made["model_services"]["test.ai.priced"]["destinations"][0].update(destination)
    return made


def row_of(gateway: Gateway, path: str = CHAT, **body: Any) -> dict[str, Any]:
    """The row of a call to `test.ai.priced`."""
    response = gateway.post(path, {"model": "test.ai.priced", "max_tokens": 16, "messages": HELLO, **body})
    assert response.status_code == 200, response.text
    [row] = gateway.usage(f"request_id = '{response.headers['x-request-id']}'")
    return row


def cost(row: dict[str, Any]) -> tuple[Any, Any]:
    return row["cost_nano_usd"], row["cost_source"]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_list_prices_of_each_kind_of_token(launch: Any, upstream: Upstream, stream: bool) -> None:
    """usage-01: 7 tokens of input, 4 cached, 7 of output, of which 2 are reasoning."""
    gateway: Gateway = launch(priced(upstream, "openai", "gpt-5"))
    upstream.script(bodies.answer)
    row = row_of(gateway, stream=stream)
    assert cost(row) == (7 * 1250 + 4 * 125 + 7 * 10_000, "PRICED")
    assert row["price_version"].startswith("list-20")


def test_list_prices_of_cache_writes(launch: Any, upstream: Upstream) -> None:
    """5 tokens of input, 4 read from a cache, 2 written to one for a time that is not known, 7 of output."""
    gateway: Gateway = launch(priced(upstream, "anthropic", "claude-sonnet-5-5"))
    upstream.script(bodies.answer)
    row = row_of(gateway, "/anthropic/v1/messages")
    assert cost(row) == (5 * 2000 + 4 * 100 + 2 * 2500 + 7 * 10_000, "PRICED")


def test_prices_of_the_file(launch: Any, upstream: Upstream) -> None:
    """A kind of token without a price costs what input does, and the row says so."""
    gateway: Gateway = launch(priced(upstream, "custom", "mine", price={"input": 2, "output": 0.5}))
    upstream.script(bodies.answer)
    row = row_of(gateway)
    assert cost(row) == (11 * 2000 + 7 * 500, "PARTLY_PRICED")
    assert row["price_version"] == "configuration"
    config = priced(upstream, "custom", "mine")
    config["provider_services"]["test.providers.custom"]["pricing"] = {
        "models": {"mine": {"input": 1, "cache_read": 0.5, "output": 3}}
    }
    assert cost(row_of(launch(config))) == (7 * 1000 + 4 * 500 + 7 * 3000, "PRICED")


def test_a_discount_is_taken_off_list_prices(launch: Any, upstream: Upstream) -> None:
    config = priced(upstream, "openai", "gpt-5")
    config["provider_services"]["test.providers.openai"]["pricing"] = {"default_discount_basis_points": 2000}
    upstream.script(bodies.answer)
    assert cost(row_of(launch(config))) == ((7 * 1250 + 4 * 125 + 7 * 10_000) * 8 // 10, "PRICED")


def test_models_without_a_price(launch: Any, upstream: Upstream) -> None:
    """Unknown is NULL; a similar model and `default_price` make estimates."""
    upstream.script(bodies.answer)
    unpriced = row_of(launch(priced(upstream, "custom", "mine")))
    assert (*cost(unpriced), unpriced["price_version"]) == (None, "UNPRICED", None)
    like = row_of(launch(priced(upstream, "custom", "mine", like="gpt-5")))
    assert cost(like) == (7 * 1250 + 4 * 125 + 7 * 10_000, "ESTIMATED")
    default = row_of(launch({**priced(upstream, "custom", "mine"), "default_price": {"input": 1, "output": 2}}))
    assert cost(default) == (11 * 1000 + 7 * 2000, "ESTIMATED")


def test_tiers_and_sums_and_metrics(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(priced(upstream, "openai", "gpt-5"))
    upstream.answer({**bodies.OPENAI_CHAT, "service_tier": "priority"})
    one = 2 * (7 * 1250 + 4 * 125 + 7 * 10_000)
    assert cost(row_of(gateway)) == (one, "PRICED")
    row_of(gateway)
    refused = gateway.post(CHAT, {"model": "test.ai.nothing", "messages": HELLO})
    [row] = gateway.usage(f"request_id = '{refused.headers['x-request-id']}'")
    assert cost(row) == (None, "NONE")
    [found] = gateway.sql("SELECT sum(cost_nano_usd) AS total FROM system.ai_gateway.usage")
    assert found["total"] == 2 * one
    metrics = gateway.get("/metrics").text
    assert f'gatehouse_cost_dollars_total{{service="test.ai.priced"}} {2 * one / 1e9:.7f}'.rstrip("0") in metrics


@pytest.mark.parametrize(
    ("price", "words"),
    [
        ({"output": 1}, "lacks the key `input`"),
        ({"input": -1}, "must be an amount of dollars"),
        ({"input": "1"}, "without quotes"),
        ({"input": 0.0000001}, "at most six digits"),
        ({"input": 1, "batch_multiplier": 1000}, "must be a number from 0 to 100"),
        ({"input": 1, "long_input": [{"input": 1}]}, "lacks the key `above`"),
        ({"input": 1, "cached": 1}, "unknown key `cached`"),
    ],
)
def test_prices_that_are_wrong(tmp_path: Path, upstream: Upstream, price: Any, words: str) -> None:
    assert words in problems(tmp_path, priced(upstream, "custom", "mine", price=price))
