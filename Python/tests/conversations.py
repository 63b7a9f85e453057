# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""A conversation with a tool call in each client's API: what a model said goes back as it was, or changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

QUESTION = "What is the weather in Paris?"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def same(answer: Any) -> Any:
    return answer


class Messages:
    path = "/anthropic/v1/messages"

    def __init__(self, model: str, stream: bool) -> None:
        self.model = model
        self.body: dict[str, Any] = {
            "model": model,
            "max_tokens": 4000,
            "thinking": {"type": "enabled", "budget_tokens": 2000},
            "tools": [{"name": "get_weather", "input_schema": SCHEMA}],
            "messages": [{"role": "user", "content": QUESTION}],
        }
        self.stream = stream

    def go_on(self, answer: Any, change: Callable[[Any], Any] = same) -> dict[str, Any]:
        content = change(answer["content"])
        [call] = [block for block in content if block["type"] == "tool_use"]
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": "Sunny."}
        turns = [{"role": "assistant", "content": content}, {"role": "user", "content": [result]}]
        return {**self.body, "model": self.model, "stream": self.stream, "messages": self.body["messages"] + turns}


class Responses:
    path = "/openai/v1/responses"

    def __init__(self, model: str, stream: bool) -> None:
        self.model = model
        self.body: dict[str, Any] = {
            "model": model,
            "reasoning": {"effort": "medium", "summary": "auto"},
            "include": ["reasoning.encrypted_content"],
            "store": False,
            "tools": [{"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": False}],
            "input": [{"role": "user", "content": QUESTION}],
        }
        self.stream = stream

    def go_on(self, answer: Any, change: Callable[[Any], Any] = same) -> dict[str, Any]:
        output = change(answer["output"])
        [call] = [item for item in output if item["type"] == "function_call"]
        result = {"type": "function_call_output", "call_id": call["call_id"], "output": "Sunny."}
        return {
            **self.body,
            "model": self.model,
            "stream": self.stream,
            "input": [*self.body["input"], *output, result],
        }


class Contents:
    def __init__(self, model: str, stream: bool) -> None:
        self.model = model
        self.verb = "generateContent"
        self.stream = stream
        self.body: dict[str, Any] = {
            "contents": [{"role": "user", "parts": [{"text": QUESTION}]}],
            "tools": [{"functionDeclarations": [{"name": "get_weather", "parametersJsonSchema": SCHEMA}]}],
            "generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 2000}},
        }

    @property
    def path(self) -> str:
        return f"/gemini/v1beta/models/{self.model}:{self.verb}"

    def go_on(self, answer: Any, change: Callable[[Any], Any] = same) -> dict[str, Any]:
        if self.stream:
            self.verb = "streamGenerateContent"
        content = change(answer["candidates"][0]["content"])
        [call] = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
        response = {"id": call.get("id"), "name": "get_weather", "response": {"result": "Sunny."}}
        result = {"role": "user", "parts": [{"functionResponse": {k: v for k, v in response.items() if v}}]}
        return {**self.body, "contents": [*self.body["contents"], content, result]}


class Chat:
    path = "/openai/v1/chat/completions"

    def __init__(self, model: str, stream: bool) -> None:
        self.model = model
        tool = {"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}
        self.body: dict[str, Any] = {
            "model": model,
            "reasoning_effort": "medium",
            "tools": [tool],
            "messages": [{"role": "user", "content": QUESTION}],
        }
        self.stream = stream

    def go_on(self, answer: Any, change: Callable[[Any], Any] = same) -> dict[str, Any]:
        message = change(answer["choices"][0]["message"])
        [call] = message["tool_calls"]
        result = {"role": "tool", "tool_call_id": call["id"], "content": "Sunny."}
        turns = [*self.body["messages"], message, result]
        return {**self.body, "model": self.model, "stream": self.stream, "messages": turns}


class MLflowChat(Chat):
    path = "/mlflow/v1/chat/completions"


CONVERSATIONS: list[type[Any]] = [Messages, Responses, Contents, Chat, MLflowChat]
