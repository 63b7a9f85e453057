# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""A request that says once what its translation must say thousands of times is refused, and harms nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from gateway import Gateway

GEMINI = "system.ai.gemini-3-1-pro"
CLAUDE = "system.ai.claude-sonnet-4-5"
USER = {"role": "user", "content": "Hello!"}
EMBEDDER = "system.ai.gte-large-en"
CHAT = "/mlflow/v1/chat/completions"
RESPONSES = "/openai/v1/responses"
MESSAGES = "/anthropic/v1/messages"

# What the process may take on top of what it takes before; the requests are of 4 MB and less.
ROOM = 160 << 20


def memory(gateway: Gateway) -> int:
    """The most bytes of memory that the gateway has had so far."""
    assert gateway.process is not None
    with open(f"/proc/{gateway.process.pid}/status", encoding="utf-8") as status:
        peak = next(line for line in status if line.startswith("VmHWM:"))
    return int(peak.split()[1]) << 10


@pytest.fixture(autouse=True)
def healthy(gateway: Gateway) -> Iterator[None]:
    before = memory(gateway)
    yield
    assert gateway.running, gateway.output
    assert gateway.post(CHAT, {"model": GEMINI, "messages": [USER]}).status_code == 200
    assert memory(gateway) - before < ROOM


def chained_schema(levels: int = 90, count: int = 64) -> dict[str, Any]:
    """Each of many definitions holds many levels, and the next definition below them."""
    definitions: dict[str, Any] = {f"d{count}": {"type": "string"}}
    for index in range(count):
        schema: dict[str, Any] = {"$ref": f"#/definitions/d{index + 1}"}
        for _ in range(levels):
            schema = {"items": schema}
        definitions[f"d{index}"] = schema
    return {"type": "object", "properties": {"p": {"$ref": "#/definitions/d0"}}, "definitions": definitions}


def with_schema(schema: dict[str, Any], tools: int = 1) -> dict[str, tuple[str, dict[str, Any]]]:
    """The four ways for a schema to a model of Gemini's."""
    names = [f"f{index}" for index in range(tools)]
    chat = [{"type": "function", "function": {"name": name, "parameters": schema}} for name in names]
    shape = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    responses = [{"type": "function", "name": name, "parameters": schema} for name in names]
    messages = [{"name": name, "input_schema": schema} for name in names]
    return {
        "chat": (CHAT, {"model": GEMINI, "messages": [USER], "tools": chat}),
        "response_format": (CHAT, {"model": GEMINI, "messages": [USER], "response_format": shape}),
        "responses": (RESPONSES, {"model": GEMINI, "input": "Hello!", "tools": responses}),
        "messages": (MESSAGES, {"model": GEMINI, "max_tokens": 9, "messages": [USER], "tools": messages}),
    }


@pytest.mark.parametrize("way", ["chat", "response_format", "responses", "messages"])
def test_references_that_multiply_the_depth_of_a_schema(gateway: Gateway, way: str) -> None:
    path, body = with_schema(chained_schema())[way]
    response = gateway.post(path, body)
    assert response.status_code == 400, response.text
    assert "128 levels" in response.json()["error"]["message"]


@pytest.mark.parametrize("way", ["chat", "responses", "messages"])
def test_references_that_multiply_the_size_of_many_tools(gateway: Gateway, way: str) -> None:
    text = {"type": "string", "description": "t" * 2_000}
    properties = {f"p{index}": {"$ref": "#/definitions/d", "title": "t"} for index in range(400)}
    path, body = with_schema({"type": "object", "properties": properties, "definitions": {"d": text}}, 200)[way]
    response = gateway.post(path, body)
    assert response.status_code == 400, response.text
    assert "tools" in response.json()["error"]["message"]


@pytest.mark.parametrize("model", [GEMINI, CLAUDE, "system.ai.llama-4-maverick"])
def test_the_description_of_a_namespace_of_many_tools(gateway: Gateway, model: str) -> None:
    tools = [{"type": "function", "name": f"f{index}"} for index in range(4_000)]
    namespace = {"type": "namespace", "name": "n", "description": "d" * 120_000, "tools": tools}
    response = gateway.post(RESPONSES, {"model": model, "input": "Hello!", "tools": [namespace]})
    assert response.status_code == 400, response.text
    assert response.json()["error"]["param"] == "tools"


def test_the_name_of_a_call_with_many_results(gateway: Gateway) -> None:
    for size in (1_000, 2_000_000):
        call = {"id": "c", "type": "function", "function": {"name": "n" * size, "arguments": "{}"}}
        results = [{"role": "tool", "tool_call_id": "c", "content": "r"} for _ in range(20_000)]
        messages = [USER, {"role": "assistant", "tool_calls": [call]}, *results]
        response = gateway.post(CHAT, {"model": GEMINI, "messages": messages})
        assert response.status_code == 400, response.text
        assert len(response.content) < 2_000


def test_an_instruction_of_many_embeddings(gateway: Gateway) -> None:
    body = {"model": EMBEDDER, "instruction": "i" * 120_000, "input": ["a"] * 2_000}
    response = gateway.post("/openai/v1/embeddings", body)
    assert response.status_code == 400, response.text
    assert response.json()["error"]["param"] == "instruction"
