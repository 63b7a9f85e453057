# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Budgets, as callers and administrators meet them.

The rules themselves have a manual clock in Swift (`BudgetLedgerTests`).
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anthropic
import bodies
import httpx
import openai
import pytest
from config import problems, service, upstream_config
from databricks.sdk import AccountClient
from databricks.sdk.core import DatabricksError
from databricks.sdk.errors import NotFound, PermissionDenied
from databricks.sdk.service.billing import AlertConfigurationScopeType
from gateway import Gateway, wait_until
from upstream import Exchange, Upstream

CHAT = "/mlflow/v1/chat/completions"
HELLO = [{"role": "user", "content": "Hello!"}]
#: A thousandth of a dollar for each token of output: an answer of `bodies` costs 7, and one of 16 tokens could cost 16.
PRICE = {"input": 0, "cache_read": 0, "output": 1000}
MILL = 1_000_000


def budgeted(upstream: Upstream, kind: str = "openai", **budgets: dict[str, Any]) -> dict[str, Any]:
    """`test.ai.paid` with a price, and some budgets."""
    made = upstream_config(upstream, budgets=budgets)
    made["model_services"]["test.ai.paid"] = service(f"test.providers.{kind}", f"upstream-{kind}")
    made["model_services"]["test.ai.paid"]["destinations"][0]["price"] = PRICE
    return made


def account(amount: float, **more: Any) -> dict[str, Any]:
    return {"key": "account", "amount": amount, **more}


def chat(gateway: Gateway, **options: Any) -> httpx.Response:
    body = {"model": "test.ai.paid", "max_tokens": 16, "messages": HELLO, **options.pop("body", {})}
    return gateway.post(CHAT, body, **options)


def spent(gateway: Gateway) -> int:
    """What the rows say, once every row is there."""
    [found] = gateway.sql("SELECT coalesce(sum(cost_nano_usd), 0) AS total FROM system.ai_gateway.usage")
    return found["total"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, {"messages": HELLO}),
        ("/openai/v1/responses", {"input": "Hello!"}),
        ("/anthropic/v1/messages", {"messages": HELLO, "max_tokens": 16}),
        ("/gemini/v1beta/models/test.ai.paid:generateContent", {"contents": [{"parts": [{"text": "Hello!"}]}]}),
        ("/serving-endpoints/test.ai.paid/invocations", {"messages": HELLO}),
    ],
    ids=["chat", "responses", "messages", "gemini", "invocations"],
)
def test_a_budget_that_is_used_up_refuses_in_the_dialect_of_the_route(
    launch: Any, upstream: Upstream, path: str, body: dict[str, Any]
) -> None:
    gateway: Gateway = launch(budgeted(upstream, all=account(0)))
    refused = gateway.post(path, body if "models/" in path else {"model": "test.ai.paid", **body})
    assert refused.status_code == 403, refused.text
    assert not upstream.requests
    error = refused.json()
    assert error["error_code"] == "PERMISSION_DENIED"
    assert error["message"] == "The budget 'all' of this month is used up. Ask an administrator to raise it."
    if path.startswith("/anthropic"):
        assert error["error"]["type"] == "permission_error"
    if path.startswith("/gemini"):
        assert error["error"]["status"] == "PERMISSION_DENIED"
    assert refused.headers["x-should-retry"] == "false"
    [row] = gateway.usage(f"request_id = '{refused.headers['x-request-id']}'")
    assert (row["status_code"], row["total_tokens"], row["cost_source"]) == (403, None, "NONE")


def test_two_hundred_callers_spend_no_more_than_a_dollar(launch: Any, upstream: Upstream) -> None:
    """All at once, over real sockets, with answers that take their time; then one for which too little is left."""
    gateway: Gateway = launch(budgeted(upstream, all=account(1)))

    async def slow(exchange: Exchange) -> None:
        await asyncio.sleep(0.2)
        # As many tokens as were allowed.
        usage = {"prompt_tokens": 1, "completion_tokens": 16, "total_tokens": 17}
        await exchange.respond({**bodies.OPENAI_CHAT, "usage": usage})

    upstream.script(slow)
    with ThreadPoolExecutor(200) as pool:
        statuses = list(pool.map(lambda _: chat(gateway).status_code, range(600)))
    assert set(statuses) == {200, 403}
    assert statuses.count(200) == len(upstream.requests) == 1000 // 16
    gateway.usage("status_code = 200", count=1000 // 16, columns="request_id")
    assert spent(gateway) == 1000 // 16 * 16 * MILL
    # Eight thousandths are left.
    refused = chat(gateway)
    assert refused.status_code == 403
    assert "less left for this month than this request can cost, which is up to $0.016." in refused.json()["message"]
    assert chat(gateway, body={"max_tokens": 8}).status_code == 200


def test_what_a_call_did_not_cost_is_there_for_others(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(budgeted(upstream, all=account(0.03)))
    upstream.script(bodies.answer)
    # 7, 14 and 21 thousandths are spent, and 16 must be free before.
    assert [chat(gateway).status_code for _ in range(4)] == [200, 200, 200, 403]
    upstream.answer({"error": {"message": "No."}}, status="400 Bad Request")
    assert [chat(gateway, body={"max_tokens": 5}).status_code for _ in range(5)] == [400] * 5


@pytest.mark.parametrize("end", ["SIGTERM", "kill -9"])
def test_spending_survives_a_restart(launch: Any, upstream: Upstream, end: str) -> None:
    gateway: Gateway = launch(budgeted(upstream, all=account(0.03), each={"key": "user_default", "amount": 5}))
    upstream.script(bodies.answer)
    assert [chat(gateway).status_code for _ in range(2)] == [200, 200]
    gateway.usage("status_code = 200", count=2, columns="request_id")
    if end == "SIGTERM":
        gateway.stop()
    else:
        gateway.kill()
    gateway.start()
    assert [chat(gateway).status_code for _ in range(2)] == [200, 403]
    assert 'gatehouse_budget_spent_dollars{budget="all"} 0.021\n' in gateway.get("/metrics").text
    assert 'gatehouse_budget_refusals_total{budget="all"} 1\n' in gateway.get("/metrics").text


def test_callers_services_and_tags(launch: Any, upstream: Upstream) -> None:
    people = {"alice@example.com": {"groups": ["team"]}, "bob@example.com": {}}
    config = budgeted(
        upstream,
        each={"key": "user_default", "amount": 0.02, "overrides": {"team": 0.04}, "model_service": "test.ai.paid"},
        red={"key": "request_tag", "request_tag_key": "project", "request_tag_value": "red", "amount": 0},
    )
    config |= {
        "users": people,
        "grants": [{"principal": "account users", "privileges": ["ALL_PRIVILEGES"], "on": {"catalog": "test"}}],
    }
    gateway: Gateway = launch(config)
    upstream.script(bodies.answer)
    alice, bob = (gateway.create_token(name) for name in people)

    def status(token: str, model: str = "test.ai.paid", **headers: str) -> int:
        headers = {"authorization": f"Bearer {token}", **headers}
        return chat(gateway, body={"model": model}, headers=headers).status_code

    assert [status(bob) for _ in range(3)] == [200, 403, 403]
    assert [status(alice) for _ in range(5)] == [200, 200, 200, 200, 403]
    assert status(bob, "test.ai.openai") == 200
    assert status(bob, "test.ai.openai", **{"databricks-ai-gateway-request-tags": '{"project": "red"}'}) == 403
    assert status(bob, "test.ai.openai", **{"databricks-ai-gateway-request-tags": '{"project": "blue"}'}) == 200


def test_alerts_are_logged_and_posted(launch: Any, upstream: Upstream) -> None:
    """Without delaying requests, and without the address in the log."""
    hook = upstream.url + "/hooks/canary-7c1e"
    gateway: Gateway = launch(budgeted(upstream, all=account(0.03, alerts=[20, 60], webhook=hook)))

    async def script(exchange: Exchange) -> None:
        if exchange.request.target.startswith("/hooks"):
            return await exchange.respond({})
        await bodies.answer(exchange)

    upstream.script(script)
    assert [chat(gateway).status_code for _ in range(5)] == [200, 200, 200, 403, 403]

    def posted() -> list[Any]:
        return [request.json for request in list(upstream.requests) if request.target.startswith("/hooks")]

    wait_until(lambda: len(posted()) == 3, "three alerts")
    first, second, blocked = posted()
    assert first["event"] == "budget.threshold"
    assert (first["percent"], first["spent_usd"], first["amount_usd"]) == (20, "0.007", "0.03")
    assert (second["percent"], second["spent_usd"]) == (60, "0.021")
    assert (blocked["event"], blocked["budget"], blocked["period"]) == ("budget.blocked", "all", "month")
    assert blocked["period_start"].endswith("-01T00:00:00Z")
    wait_until(lambda: "60 % of a budget are spent" in gateway.output, "the log has it")
    assert "A budget refuses requests" in gateway.output
    assert "canary-7c1e" not in gateway.output


def test_a_receiver_that_hangs_delays_nothing(launch: Any, upstream: Upstream) -> None:
    config = budgeted(upstream, all=account(1, alerts=[1], webhook="http://127.0.0.1:9/nobody"))
    gateway: Gateway = launch(config)
    upstream.script(bodies.answer)
    began = time.monotonic()
    # Each try takes at most ten seconds and is tried again later.
    assert [chat(gateway).status_code for _ in range(20)] == [200] * 20
    assert time.monotonic() - began < 10
    wait_until(lambda: "The alert of a budget cannot be sent" in gateway.output, "the log tells of it")


def test_a_budget_that_only_alerts_refuses_nothing(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(budgeted(upstream, all=account(0.01, action="alert", alerts=[100])))
    upstream.script(bodies.answer)
    assert [chat(gateway).status_code for _ in range(4)] == [200] * 4
    wait_until(lambda: "100 % of a budget are spent" in gateway.output, "the log has it")


def test_other_paths_of_a_provider_are_refused_too(launch: Any, upstream: Upstream) -> None:
    """U10: nobody knows what they cost, but who has no money left may not use them."""
    config = budgeted(upstream, all=account(0))
    config["provider_services"]["test.providers.openai"]["forward_unmanaged_paths"] = True
    gateway: Gateway = launch(config)
    headers = {**gateway.bearer, "databricks-model-provider-service": "test.providers.openai"}
    assert gateway.get("/openai/v1/files", headers=headers).status_code == 403
    assert not upstream.requests


def test_the_sdk_reads_what_is_left(launch: Any, upstream: Upstream) -> None:
    """Of shared budgets only the share; changes are for the file."""
    config = budgeted(
        upstream,
        all=account(0.1, alerts=[50]),
        each={"key": "user_default", "amount": 0.02, "period": "month", "overrides": {"team": 0.04}},
        tagged={"key": "request_tag", "request_tag_key": "project", "amount": 1},
    )
    people = {"alice@example.com": {"groups": ["team"]}}
    grants = [{"principal": "account users", "privileges": ["ALL_PRIVILEGES"], "on": {"catalog": "test"}}]
    gateway: Gateway = launch(config | {"users": people, "grants": grants})
    upstream.script(bodies.answer)
    token = gateway.create_token("alice@example.com")
    assert chat(gateway, headers={"authorization": f"Bearer {token}"}).status_code == 200
    alice = AccountClient(host=gateway.url, account_id="a1", token=token)
    found = alice.budgets.list_budget_spend_statuses("accounts/a1").budget_spend_statuses or []
    shared, own = (status.alert_spend_statuses[0] for status in found if status.alert_spend_statuses)
    assert (shared.spend, shared.threshold, shared.percent_consumed) == (None, None, "7.0")
    assert (own.spend, own.threshold, own.percent_consumed) == ("0.007", "0.04", "17.5")
    assert own.scope_type == AlertConfigurationScopeType.ALERT_CONFIGURATION_SCOPE_TYPE_PER_USER
    assert alice.budgets.get_budget_spend_status(found[1].name or "").alert_spend_statuses == [own]
    with pytest.raises(PermissionDenied):
        list(alice.budgets.list())
    admin = AccountClient(host=gateway.url, account_id="a1", token=gateway.token)
    budgets = {budget.display_name: budget for budget in admin.budgets.list()}
    assert sorted(budgets, key=str) == ["all", "each", "tagged"]
    alerts = budgets["all"].alert_configurations or []
    assert [alert.quantity_threshold for alert in alerts] == ["0.05", "0.10"]
    one = admin.budgets.get(budgets["each"].budget_configuration_id or "").budget
    assert one == budgets["each"]
    with pytest.raises(DatabricksError, match="Change them there"):
        admin.budgets.delete(budgets["each"].budget_configuration_id or "")
    with pytest.raises(NotFound):
        admin.budgets.get("00000000-0000-0000-0000-000000000000")


def test_a_change_of_the_file_counts_on(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(budgeted(upstream, all=account(0.02)))
    upstream.script(bodies.answer)
    assert [chat(gateway).status_code for _ in range(2)] == [200, 403]
    gateway.write_config(budgeted(upstream, all=account(0.03)))
    wait_until(lambda: chat(gateway).status_code == 200, "the new amount")
    while chat(gateway).status_code == 200:
        pass
    assert spent(gateway) <= 30 * MILL


def test_official_sdks_do_not_retry(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(budgeted(upstream, all=account(0)))
    with pytest.raises(openai.PermissionDeniedError, match="is used up"):
        openai.OpenAI(base_url=gateway.url + "/openai/v1", api_key=gateway.token).chat.completions.create(
            model="test.ai.paid", messages=[{"role": "user", "content": "Hello!"}]
        )
    with pytest.raises(anthropic.PermissionDeniedError, match="is used up"):
        anthropic.Anthropic(base_url=gateway.url + "/anthropic", auth_token=gateway.token).messages.create(
            model="test.ai.paid", max_tokens=16, messages=[{"role": "user", "content": "Hello!"}]
        )
    gateway.usage("status_code = 403", count=2)


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ({"key": "account"}, "lacks the key `amount`"),
        ({"key": "user", "amount": 1}, "lacks the key `principal`"),
        ({"key": "account", "principal": "x", "amount": 1}, "cannot be used with the key `account`"),
        ({"key": "account", "amount": 1, "overrides": {"x": 1}}, "cannot be used with the key `account`"),
        ({"key": "request_tag", "amount": 1}, "lacks the key `request_tag_key`"),
        ({"key": "account", "amount": -1}, "must be an amount of dollars"),
        ({"key": "account", "amount": 1, "period": "year"}, "must be one of `day`, `week`, `month`"),
        ({"key": "account", "amount": 1, "alerts": [0]}, "must be a whole number from 1 to 1000"),
        ({"key": "account", "amount": 1, "webhook": "ftp://canary"}, "must be a URL"),
    ],
)
def test_budgets_that_are_wrong(tmp_path: Path, upstream: Upstream, budget: Any, words: str) -> None:
    found = problems(tmp_path, upstream_config(upstream, budgets={"wrong": budget}))
    assert words in found
    assert "canary" not in found


def test_an_export_has_budgets_without_their_webhooks(launch: Any, upstream: Upstream) -> None:
    config = budgeted(upstream, all=account(2.5, webhook="https://hooks.example/canary-55e0"))
    gateway: Gateway = launch(config)
    export = gateway.run("export", "--config", str(gateway.config_file)).stdout
    assert "canary" not in export
    assert 'webhook: "${ALL_WEBHOOK}"' in export or "webhook: ${ALL_WEBHOOK}" in export, export
    assert "amount: 2.5" in export


def test_names_of_budgets(tmp_path: Path, upstream: Upstream) -> None:
    assert "letters, digits" in problems(tmp_path, upstream_config(upstream, budgets={"a b": account(1)}))
