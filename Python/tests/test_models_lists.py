# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""The lists of models: the official SDKs read them, and they show what the caller may execute and the API reaches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest
from anthropic import Anthropic
from config import upstream_config
from gateway import Gateway
from google import genai
from google.genai import types
from openai import OpenAI
from upstream import Upstream

LISTS = {
    "/mlflow/v1/models": "data",
    "/openai/v1/models": "data",
    "/cursor/v1/models": "data",
    "/anthropic/v1/models": "data",
    "/gemini/v1beta/models": "models",
    "/gemini/v1/models": "models",
    "/codex/v1/models": "models",
}


def names(answer: dict[str, Any], member: str) -> list[str]:
    return [one.get("id") or one.get("slug") or one["name"].removeprefix("models/") for one in answer[member]]


def test_the_openai_sdk_lists_and_retrieves(gateway: Gateway) -> None:
    client = OpenAI(api_key=gateway.token, base_url=gateway.url + "/ai-gateway/openai/v1", max_retries=0)
    models = client.models.list()
    assert "system.ai.gpt-5" in [model.id for model in models]
    assert {model.object for model in models} == {"model"}
    assert client.models.retrieve("gpt-5").id == "system.ai.gpt-5"
    with pytest.raises(openai.NotFoundError) as error:
        client.models.retrieve("no-such-model")
    assert error.value.code == "model_not_found"


def test_the_anthropic_sdk_pages_forwards_and_backwards(gateway: Gateway) -> None:
    client = Anthropic(auth_token=gateway.token, base_url=gateway.url + "/anthropic", max_retries=0)
    everything = [model.id for model in client.models.list(limit=7)]
    assert everything == sorted(everything) and len(everything) > 7
    first = client.models.list(limit=3)
    assert first.has_more and [first.first_id, first.last_id] == [everything[0], everything[2]]
    second = client.models.list(limit=3, after_id=everything[2])
    assert [model.id for model in second.data] == everything[3:6]
    back = client.models.list(limit=2, before_id=everything[3])
    assert [model.id for model in back.data] == everything[1:3] and back.has_more
    model = client.models.retrieve("system.ai.claude-sonnet-4-5")
    assert (model.type, model.lifecycle, model.max_input_tokens, model.max_tokens) == (
        "model",
        "active",
        200_000,
        64_000,
    )
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("no-such-model")
    with pytest.raises(anthropic.BadRequestError, match="limit"):
        client.models.list(limit=1001)


def test_the_google_sdk_pages(gateway: Gateway) -> None:
    client = genai.Client(
        api_key=gateway.token, http_options=types.HttpOptions(base_url=gateway.url + "/ai-gateway/gemini")
    )
    models = list(client.models.list(config={"page_size": 5}))
    assert len(models) > 5 and len({model.name for model in models}) == len(models)
    model = client.models.get(model="system.ai.gemini-3-1-pro")
    assert model.name == "models/system.ai.gemini-3-1-pro" and model.input_token_limit == 1_048_576
    assert model.supported_actions and "generateContent" in model.supported_actions


def test_codex_gets_slugs(gateway: Gateway) -> None:
    models = gateway.get("/ai-gateway/codex/v1/models").json()["models"]
    assert {"system.ai.gpt-5-3-codex"} <= {model["slug"] for model in models}
    assert {model["visibility"] for model in models} == {"list"}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("prefix", ["", "/ai-gateway"])
def test_a_list_needs_a_token_and_leaves_no_row(gateway: Gateway, path: str, prefix: str) -> None:
    answer = gateway.get(prefix + path, headers={})
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error_code"] == "UNAUTHENTICATED" and "error" in answer.json()
    answer = gateway.get(prefix + path)
    assert answer.status_code == 200 and answer.json()[LISTS[path]]
    assert not gateway.sql(f"SELECT 1 FROM system.ai_gateway.usage WHERE url = '{prefix}{path}'")


def test_only_what_the_caller_may_execute(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    who = "analyst@example.com"
    grants = [
        {"principal": who, "privileges": ["USE_CATALOG"], "on": {"catalog": "test"}},
        {"principal": who, "privileges": ["USE_SCHEMA"], "on": {"schema": "test.ai"}},
        {"principal": who, "privileges": ["EXECUTE"], "on": {"model_service": "test.ai.anthropic"}},
    ]
    gateway = launch(upstream_config(upstream, grants=grants))
    token = gateway.create_token(who)
    for path, member in LISTS.items():
        mine = names(gateway.get(path, headers={"Authorization": f"Bearer {token}"}).json(), member)
        everyones = names(gateway.get(path).json(), member)
        assert [name for name in mine if name != "test.ai.anthropic"] == [], path
        assert set(mine) <= set(everyones) and len(everyones) >= len(mine)
    assert "test.ai.openai" in names(gateway.get("/openai/v1/models").json(), "data")
    hidden = gateway.get("/openai/v1/models/test.ai.openai", headers={"Authorization": f"Bearer {token}"})
    assert hidden.status_code == 404 and hidden.json()["error"]["code"] == "model_not_found"


def test_scope_headers(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream, simulator=True))

    def listed(**headers: str) -> list[str]:
        spelled = {name.replace("_", "-"): value for name, value in headers.items()}
        return names(gateway.get("/mlflow/v1/models", headers={**gateway.bearer, **spelled}).json(), "data")

    everything = listed()
    assert any(name.startswith("system.ai.") for name in everything) and "test.ai.openai" in everything
    mine = listed(Databricks_Model_Service_Parent_Schema="test.ai")
    assert mine and all(name.startswith("test.ai.") for name in mine)
    assert listed(Databricks_Model_Provider_Service="test.providers.openai") == ["test.ai.openai"]
    assert listed(Databricks_Model_Provider_Service="test.providers.none") == []
