# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Open Responses: every response and every stream event matches the specification's schemas, whoever made the model.

The cases are those of the compliance suite that need nothing but HTTP, and more: each non-streaming and streaming.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from gateway import Gateway
from jsonschema import Draft202012Validator
from openai.types.responses import Response, ResponseStreamEvent

MODELS = {
    "GPT": "system.ai.gpt-5",
    "Claude": "system.ai.claude-sonnet-4-5",
    "Gemini": "system.ai.gemini-3-1-pro",
    "chat": "system.ai.gpt-oss-120b",
}
SCHEMAS: dict[str, Any] = json.loads((Path(__file__).parent / "openresponses" / "schemas-2026-04-24.json").read_text())

RED = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP8z4APMOGVHaTSAD8iAQ/l9CRiAAAAAElFTkSu"
    "QmCC"
)
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the current weather for a location",
    "parameters": {
        "type": "object",
        "properties": {"location": {"type": "string", "description": "A city and its state"}},
        "required": ["location"],
    },
}


def message(role: str, content: Any) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": content}


ASK = message("user", "What is the weather like in San Francisco?")
CASES: dict[str, dict[str, Any]] = {
    "text": {"input": [message("user", "Say hello in exactly 3 words.")]},
    "a string": {"input": "Count from 1 to 5."},
    "system": {"input": [message("system", "You are a pirate."), message("user", "Say hello.")]},
    "developer": {"input": [message("developer", "You are a pirate."), message("user", "Say hello.")]},
    "instructions": {"instructions": "You are a pirate.", "input": "Say hello."},
    "turns": {
        "input": [
            message("user", "My name is Alice."),
            message("assistant", "Hello Alice! How can I help you today?"),
            message("user", "What is my name?"),
        ]
    },
    "phase": {
        "input": [
            message("user", "My name is Alice."),
            {**message("assistant", "Hello Alice!"), "phase": "final_answer"},
            message("user", "What is my name?"),
        ]
    },
    "settings": {
        "input": "Hello",
        "max_output_tokens": 2048,
        "metadata": {"team": "red"},
        "parallel_tool_calls": False,
        "safety_identifier": "user-1",
        "service_tier": "default",
        "store": False,
        "truncation": "disabled",
    },
    "reasoning": {"input": "What is 17 times 23?", "reasoning": {"effort": "low"}},
    "summary": {"input": "What is 17 times 23?", "reasoning": {"effort": "high", "summary": "auto"}},
    "verbosity": {"input": "Hello", "text": {"verbosity": "low"}},
    "JSON": {"input": "Answer in JSON: what is 1 + 1?", "text": {"format": {"type": "json_object"}}},
    "a tool": {"input": [ASK], "tools": [WEATHER]},
    "a tool without parameters": {"input": "What time is it?", "tools": [{"type": "function", "name": "get_time"}]},
    "tool choice": {"input": [ASK], "tools": [WEATHER], "tool_choice": {"type": "function", "name": "get_weather"}},
    "required tool": {"input": [ASK], "tools": [WEATHER], "tool_choice": "required"},
    "no tool": {"input": [ASK], "tools": [WEATHER], "tool_choice": "none"},
    "tool result": {
        "input": [
            ASK,
            {
                "type": "function_call",
                "call_id": "call_1",
                "name": "get_weather",
                "arguments": '{"location": "San Francisco"}',
            },
            {"type": "function_call_output", "call_id": "call_1", "output": "17 degrees, fog"},
        ],
        "tools": [WEATHER],
    },
}
#: Models of these cases must see.
PICTURES: dict[str, dict[str, Any]] = {
    "picture": {
        "input": [
            message(
                "user",
                [
                    {"type": "input_text", "text": "What do you see?"},
                    {"type": "input_image", "image_url": RED},
                ],
            )
        ]
    },
}
#: The path of the serving endpoints' API, which takes the name of an endpoint as the model.
OLDER = "/serving-endpoints/open-responses"
FINAL = ("response.completed", "response.incomplete", "response.failed")


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": SCHEMAS["components"]})


@cache
def event_schemas() -> dict[str, str]:
    """The schema of each event, by its type."""
    return {
        schema["properties"]["type"]["enum"][0]: name
        for name, schema in SCHEMAS["components"]["schemas"].items()
        if name.endswith("StreamingEvent")
    }


def faults(schema: str, value: Any) -> list[str]:
    """What is wrong with a value; empty if it is as the specification says."""
    return sorted(
        f"{'/'.join(str(step) for step in error.absolute_path)}: {error.message[:200]}"
        for error in validator(schema).iter_errors(value)
    )


def route(base: str) -> str:
    """The path of the API below a base URL; the older one stands for itself."""
    return base if base == OLDER else f"{base}/responses"


def respond(gateway: Gateway, base: str, body: dict[str, Any], stream: bool) -> dict[str, Any]:
    """The response to a request, after it and every event on its way were checked."""
    if not stream:
        answer = gateway.post(route(base), body)
        assert answer.status_code == 200, answer.text
        response = answer.json()
    else:
        response = final(gateway, base, {**body, "stream": True})
    assert faults("ResponseResource", response) == []
    assert response["status"] == "completed" and response["completed_at"] >= response["created_at"]
    assert response["output"]
    return response


def final(gateway: Gateway, base: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = gateway.post(route(base), body)
    assert answer.status_code == 200, answer.text
    events = []
    for block in answer.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" not in lines or lines["data"] == "[DONE]":
            continue
        event = json.loads(lines["data"])
        assert lines["event"] == event["type"]
        assert faults(event_schemas()[event["type"]], event) == [], event["type"]
        events.append(event)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[0]["type"] == "response.created" and events[0]["response"]["completed_at"] is None
    assert [event["type"] for event in events if event["type"] in FINAL] == [events[-1]["type"]]
    types = [event["type"] for event in events]
    for item in events[-1]["response"]["output"]:
        if item["type"] == "function_call":
            assert {"response.function_call_arguments.delta", "response.function_call_arguments.done"} <= set(types)
    added = [event["item"]["type"] for event in events if event["type"] == "response.output_item.added"]
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert added == [item["type"] for item in done]
    assert done == events[-1]["response"]["output"]
    response: dict[str, Any] = events[-1]["response"]
    return response


@pytest.mark.parametrize("stream", [False, True], ids=["non-streaming", "streaming"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("family", MODELS)
def test_responses_match_the_specification(gateway: Gateway, family: str, case: str, stream: bool) -> None:
    respond(gateway, "/mlflow/v1", {"model": MODELS[family], **CASES[case]}, stream)


@pytest.mark.parametrize("stream", [False, True], ids=["non-streaming", "streaming"])
@pytest.mark.parametrize("case", PICTURES)
@pytest.mark.parametrize("family", ["GPT", "Claude", "Gemini"])
def test_models_that_see(gateway: Gateway, family: str, case: str, stream: bool) -> None:
    respond(gateway, "/mlflow/v1", {"model": MODELS[family], **PICTURES[case]}, stream)


@pytest.mark.parametrize("base", ["/mlflow/v1", "/openai/v1", "/ai-gateway/openai/v1", "/serving-endpoints"])
@pytest.mark.parametrize("stream", [False, True], ids=["non-streaming", "streaming"])
def test_every_route(gateway: Gateway, base: str, stream: bool) -> None:
    respond(gateway, base, {"model": MODELS["Claude"], **CASES["text"]}, stream)


@pytest.mark.parametrize("stream", [False, True], ids=["non-streaming", "streaming"])
@pytest.mark.parametrize("case", ["text", "instructions", "settings", "a tool", "tool result"])
@pytest.mark.parametrize("family", MODELS)
def test_the_older_path_takes_names_of_endpoints(gateway: Gateway, family: str, case: str, stream: bool) -> None:
    endpoint = "databricks-" + MODELS[family].removeprefix("system.ai.")
    response = respond(gateway, OLDER, {"model": endpoint, **CASES[case]}, stream)
    # What was sent back is what the other path takes: it is one API.
    if case == "text":
        follow = {"model": endpoint, "previous_response_id": response["id"], "input": "And?"}
        respond(gateway, "/mlflow/v1", follow, False)


def test_the_older_path_as_the_documentation_of_databricks_calls_it(gateway: Gateway) -> None:
    body = {"model": "databricks-claude-sonnet-4-5", "input": [message("user", "Hi")], "max_output_tokens": 256}
    for path in (OLDER, "/ai-gateway" + OLDER):
        answer = httpx.post(gateway.url + path, json=body, auth=("token", gateway.token), timeout=30)
        assert answer.status_code == 200, answer.text
        assert answer.json()["object"] == "response" and answer.json()["output"]
    row = gateway.usage(f"request_id = '{answer.headers['x-request-id']}'")[0]
    assert row["api_type"] == "mlflow/v1/responses" and row["service_name"] == "system.ai.claude-sonnet-4-5"
    assert httpx.post(gateway.url + OLDER, json=body).status_code == 401
    wrong = gateway.post(OLDER, {**body, "model": "databricks-no-such"})
    assert wrong.status_code == 404 and wrong.json()["error"]["message"]
    assert gateway.get(OLDER).status_code == 405


@pytest.mark.parametrize("family", MODELS)
def test_the_older_path_by_the_openai_sdk(gateway: Gateway, family: str) -> None:
    client = openai.OpenAI(api_key=gateway.token, base_url=gateway.url + "/serving-endpoints", max_retries=0)
    body = {"model": "databricks-" + MODELS[family].removeprefix("system.ai."), "input": "Say hello."}
    whole = client.post("/open-responses", cast_to=Response, body=body)
    assert whole.output_text and whole.status == "completed"
    stream = client.post(
        "/open-responses",
        cast_to=Response,
        body={**body, "stream": True},
        stream=True,
        stream_cls=openai.Stream[ResponseStreamEvent],
    )
    events = list(stream)
    assert events[-1].type == "response.completed" and events[-1].response.output_text == whole.output_text
    assert client.responses.retrieve(whole.id).id == whole.id


@pytest.mark.parametrize("stream", [False, True], ids=["non-streaming", "streaming"])
@pytest.mark.parametrize("family", MODELS)
def test_a_tool_loop(gateway: Gateway, family: str, stream: bool) -> None:
    body = {"model": MODELS[family], "input": [ASK], "tools": [WEATHER], "tool_choice": "required"}
    first = respond(gateway, "/mlflow/v1", body, stream)
    calls = [item for item in first["output"] if item["type"] == "function_call"]
    assert calls and all(call["name"] == "get_weather" for call in calls)
    results = [
        {"type": "function_call_output", "call_id": call["call_id"], "output": "17 degrees, fog"} for call in calls
    ]
    history = [ASK, *first["output"], *results]
    second = respond(gateway, "/mlflow/v1", {**body, "tool_choice": "none", "input": history}, stream)
    assert any(item["type"] == "message" for item in second["output"])


@pytest.mark.parametrize("family", MODELS)
def test_a_previous_response(gateway: Gateway, family: str) -> None:
    first = respond(gateway, "/mlflow/v1", {"model": MODELS[family], "input": "Remember this word: papaya."}, False)
    body = {"model": MODELS[family], "previous_response_id": first["id"], "input": "What did I ask you to remember?"}
    second = respond(gateway, "/mlflow/v1", body, False)
    if family != "GPT":  # A relayed response is the vendor's, which got the whole conversation.
        assert second["previous_response_id"] == first["id"]
    assert second["usage"]["input_tokens"] > first["usage"]["input_tokens"]


def compact(gateway: Gateway, base: str, body: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """A compaction, checked, and the id of its request."""
    answer = gateway.post(f"{base}/responses/compact", body)
    assert answer.status_code == 200, answer.text
    compacted = answer.json()
    assert faults("CompactResource", compacted) == []
    assert [item["type"] for item in compacted["output"]][-1] == "compaction"
    return compacted, answer.headers["x-request-id"]


@pytest.mark.parametrize("base", ["/mlflow/v1", "/openai/v1", "/ai-gateway/codex/v1", "/serving-endpoints", ""])
def test_a_compaction(gateway: Gateway, base: str) -> None:
    model = MODELS["GPT"]
    turns = CASES["turns"]["input"]
    compacted, request_id = compact(gateway, base, {"model": model, "input": turns})
    kept = [item["content"][0]["text"] for item in compacted["output"] if item["type"] == "message"]
    assert kept == [turn["content"] for turn in turns if turn["role"] == "user"]
    goes_on = {"model": model, "input": [*compacted["output"], message("user", "And yours?")]}
    respond(gateway, base or "/openai/v1", goes_on, False)
    row = gateway.usage(f"request_id = '{request_id}'")[0]
    assert row["api_type"] == "openai/v1/responses/compact" and row["status_code"] == 200
    assert row["input_tokens"] == compacted["usage"]["input_tokens"]
    assert row["output_tokens"] == compacted["usage"]["output_tokens"]


def test_a_compaction_of_a_previous_response(gateway: Gateway) -> None:
    first = respond(gateway, "/mlflow/v1", {"model": MODELS["GPT"], "input": "Remember this word: papaya."}, False)
    compacted, _ = compact(gateway, "/mlflow/v1", {"model": MODELS["GPT"], "previous_response_id": first["id"]})
    assert "papaya" in json.dumps(compacted["output"])
    # A compaction is no response that can be asked for.
    assert gateway.get(f"/mlflow/v1/responses/{compacted['id']}").status_code == 404


@pytest.mark.parametrize("family", ["Claude", "Gemini", "chat"])
def test_models_that_cannot_compact_say_so(gateway: Gateway, family: str) -> None:
    answer = gateway.post("/mlflow/v1/responses/compact", {"model": MODELS[family], "input": "Hello."})
    assert answer.status_code == 400
    assert "openai/v1/responses/compact" in answer.json()["error"]["message"]
    assert MODELS[family] in answer.json()["error"]["message"]


@pytest.mark.parametrize("family", ["Claude", "Gemini", "chat"])
def test_what_the_response_repeats_is_what_the_client_sent(gateway: Gateway, family: str) -> None:
    body = {"model": MODELS[family], **CASES["settings"], "tools": [WEATHER], "temperature": 0.5}
    response = respond(gateway, "/mlflow/v1", body, False)
    for field in ("max_output_tokens", "metadata", "parallel_tool_calls", "safety_identifier", "store", "temperature"):
        assert response[field] == body[field]
    assert response["tools"] == [{**WEATHER, "strict": False}]
    assert (response["presence_penalty"], response["frequency_penalty"], response["top_p"]) == (0, 0, 1)


@pytest.mark.parametrize("family", ["Claude", "Gemini", "chat"])
def test_a_schema_is_repeated_with_every_field(gateway: Gateway, family: str) -> None:
    """The specification has no place for the schema itself, which OpenAI repeats; so do we."""
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    text = {"format": {"type": "json_schema", "name": "x", "schema": schema}}
    answer = gateway.post("/mlflow/v1/responses", {"model": MODELS[family], "input": "Hello", "text": text})
    assert answer.json()["text"]["format"] == {**text["format"], "description": None, "strict": False}
