# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""The Databricks SDK: `serving_endpoints.query`, and the OpenAI client that it hands out."""

from __future__ import annotations

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied, Unauthenticated
from databricks.sdk.service.serving import ChatMessage, ChatMessageRole
from gateway import Gateway

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
