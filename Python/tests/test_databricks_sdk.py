# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""The Databricks SDK: `serving_endpoints.query`, and the OpenAI client that it hands out."""

from __future__ import annotations

import json
import logging

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied, Unauthenticated
from databricks.sdk.service.serving import ChatMessage, ChatMessageRole
from gateway import Gateway
from upstream import Upstream

NAMES = ["system.ai.claude-sonnet-4-5", "databricks-claude-sonnet-4-5", "system.ai.gpt-5", "databricks-gemini-3-1-pro"]


@pytest.fixture
def workspace(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> WorkspaceClient:
    monkeypatch.setenv("DATABRICKS_HOST", gateway.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", gateway.token)
    return WorkspaceClient()


@pytest.mark.parametrize("name", NAMES)
def test_chat(workspace: WorkspaceClient, name: str) -> None:
    response = workspace.serving_endpoints.query(
        name=name,
        messages=[
            ChatMessage(role=ChatMessageRole.SYSTEM, content="You are a helpful assistant."),
            ChatMessage(role=ChatMessageRole.USER, content="What is a mixture of experts model?"),
        ],
        max_tokens=128,
    )
    assert response.choices and response.choices[0].message
    assert response.choices[0].message.content
    assert response.usage and response.usage.total_tokens


@pytest.mark.parametrize("name", ["system.ai.gte-large-en", "databricks-bge-large-en"])
def test_embeddings(workspace: WorkspaceClient, name: str) -> None:
    response = workspace.serving_endpoints.query(name=name, input=["What is Databricks?"])
    assert response.data and response.data[0].embedding
    assert len(response.data[0].embedding) == 1024


def test_errors_become_the_exceptions_of_the_sdk(gateway: Gateway, workspace: WorkspaceClient) -> None:
    message = ChatMessage(role=ChatMessageRole.USER, content="Hello!")
    with pytest.raises(NotFound, match="'system.ai.no-such-model' does not exist"):
        workspace.serving_endpoints.query(name="no-such-model", messages=[message])
    stranger = WorkspaceClient(host=gateway.url, token="dapi-wrong")
    with pytest.raises((Unauthenticated, PermissionDenied)):
        stranger.serving_endpoints.query(name=NAMES[0], messages=[message])


def test_the_sdk_starts_without_a_warning(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    """client-11"""
    with caplog.at_level(logging.WARNING, logger="databricks.sdk"):
        workspace = WorkspaceClient(host=gateway.url, token=gateway.token)
    assert not caplog.records, caplog.text
    assert workspace.config.workspace_id == "0"
    assert workspace.config.discovery_url == gateway.url + "/oidc/.well-known/oauth-authorization-server"
    config = gateway.get("/.well-known/databricks-config", headers={})
    assert config.json() == {"oidc_endpoint": gateway.url + "/oidc", "workspace_id": "0"}


def test_a_login_with_a_wrong_secret_is_told_so(gateway: Gateway) -> None:
    """client-11"""
    with pytest.raises(Exception, match="invalid_client: The client id or the client secret is wrong"):
        WorkspaceClient(host=gateway.url, client_id="c", client_secret="s", auth_type="oauth-m2m").current_user.me()
    for path in (
        "/oidc/.well-known/oauth-authorization-server",
        "/oidc/accounts/a/.well-known/oauth-authorization-server",
    ):
        assert gateway.get(path, headers={}).json()["token_endpoint"] == gateway.url + "/oidc/v1/token"


@pytest.mark.parametrize("kind", ["openai", "anthropic", "gemini"])
def test_what_only_serving_endpoints_take_reaches_no_vendor(relay: Gateway, scripted: Upstream, kind: str) -> None:
    """client-10"""
    workspace = WorkspaceClient(host=relay.url, token=relay.token)
    response = workspace.serving_endpoints.query(
        name=f"test.ai.{kind}",
        messages=[ChatMessage(role=ChatMessageRole.USER, content="Hello!")],
        max_tokens=64,
        client_request_id=f"mine-{kind}",
        usage_context={"project": "chatbot"},
        extra_params={"top_p": "0.5", "user": "7"},
    )
    assert response.choices
    sent = scripted.request.json
    assert not {"extra_params", "client_request_id", "usage_context", "databricks_options"} & set(sent)
    top_p = sent["generationConfig"]["topP"] if kind == "gemini" else sent["top_p"]
    assert top_p == 0.5
    if kind == "openai":
        assert sent["user"] == "7"
    [row] = relay.usage(f"json_extract(invocation_metadata, '$.client_request_id') = 'mine-{kind}'")
    assert json.loads(row["request_tags"]) == {"project": "chatbot"}
    assert row["service_name"] == f"test.ai.{kind}"


@pytest.mark.parametrize("name", NAMES)
def test_extra_params_of_every_family(gateway: Gateway, workspace: WorkspaceClient, name: str) -> None:
    """client-10"""
    response = workspace.serving_endpoints.query(
        name=name,
        messages=[ChatMessage(role=ChatMessageRole.USER, content="Hello!")],
        extra_params={"max_tokens": "16", "stop": '["XYZ"]'},
        usage_context={"team": "a"},
    )
    assert response.choices and response.usage
    body = {"messages": [{"role": "user", "content": "x"}], "databricks_options": {"return_trace": True}}
    answer = gateway.post(f"/serving-endpoints/{name}/invocations", body)
    assert answer.status_code == 200
    assert "databricks_options" in answer.headers["x-gatehouse-dropped"]
