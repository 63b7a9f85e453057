# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""The clients of the matrix: one way to say things to a model, said through each vendor's official SDK.

A conversation is a list in the SDK's own terms. `Client.ask` sends it and says what came back as a `Turn`; what
the turn adds to the conversation stands in `Turn.replay` as the SDK handed it out, so that opaque state travels the way
a real application carries it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import anthropic
import openai
from gateway import Gateway
from google import genai
from google.genai import errors, types

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000000"
    "000500010d0a2db40000000049454e44ae426082"
)
IMAGE = base64.b64encode(PNG).decode()
DATA_URI = f"data:image/png;base64,{IMAGE}"


@dataclass
class Call:
    id: str
    name: str
    arguments: dict[str, Any]


@dataclass
class Usage:
    """What the client was told, in disjoint buckets."""

    uncached: int
    cached: int
    output: int


@dataclass
class Turn:
    text: str = ""
    calls: list[Call] = field(default_factory=list)
    #: The thoughts that the client can read.
    reasoning: str = ""
    #: `stop`, `length`, `tools`, `refusal`.
    finish: str = ""
    usage: Usage | None = None
    #: What to append to the conversation to go on.
    replay: list[Any] = field(default_factory=list)


@dataclass
class Options:
    system: str | None = None
    tools: Sequence[dict[str, Any]] = ()
    force_tool: bool = False
    maximum: int = 4096
    stop: list[str] | None = None
    schema: dict[str, Any] | None = None
    #: Whether the model shall think.
    reasoning: bool = False


class Refused(Exception):
    """The SDK raised its own exception for an HTTP error; what a client can act on."""

    def __init__(self, kind: str, status: int | None, retry_after: str | None = None) -> None:
        super().__init__(f"{kind} {status}")
        self.kind, self.status, self.retry_after = kind, status, retry_after


class Client:
    """One ingress dialect with its SDK."""

    #: The row of the matrix.
    name: str

    def user(self, text: str, image: bool = False) -> Any:
        raise NotImplementedError

    def results(self, results: list[tuple[Call, str]], image: bool = False) -> list[Any]:
        """The results of tools, in this order; with `image`, each also shows a picture."""
        raise NotImplementedError

    def strip(self, replay: list[Any]) -> list[Any]:
        """A turn as a client keeps it that drops thoughts and all members that it does not know."""
        raise NotImplementedError

    def ask(self, model: str, conversation: list[Any], options: Options, stream: bool) -> Turn:
        raise NotImplementedError


class Chat(Client):
    """`chat.completions` of the openai SDK."""

    def __init__(self, gateway: Gateway, name: str, base: str) -> None:
        self.name = name
        self.is_mlflow = "mlflow" in base
        self.sdk = openai.OpenAI(api_key=gateway.token, base_url=gateway.url + base, max_retries=0)

    def user(self, text: str, image: bool = False) -> Any:
        if not image:
            return {"role": "user", "content": text}
        parts = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": DATA_URI}}]
        return {"role": "user", "content": parts}

    def results(self, results: list[tuple[Call, str]], image: bool = False) -> list[Any]:
        messages = []
        for call, text in results:
            content: Any = text
            if image:
                content = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": DATA_URI}}]
            messages.append({"role": "tool", "tool_call_id": call.id, "content": content})
        return messages

    def strip(self, replay: list[Any]) -> list[Any]:
        stripped = []
        for message in replay:
            content = message.get("content")
            if isinstance(content, list):
                content = "".join(part["text"] for part in content if part["type"] == "text")
            kept = {"role": "assistant", "content": content}
            if message.get("tool_calls"):
                kept["tool_calls"] = [
                    {key: call[key] for key in ("id", "type", "function")} for call in message["tool_calls"]
                ]
            stripped.append(kept)
        return stripped

    def ask(self, model: str, conversation: list[Any], options: Options, stream: bool) -> Turn:
        body: dict[str, Any] = {"model": model, "messages": list(conversation), "max_tokens": options.maximum}
        if options.system:
            body["messages"].insert(0, {"role": "system", "content": options.system})
        if options.tools:
            body["tools"] = [{"type": "function", "function": tool} for tool in options.tools]
        if options.force_tool:
            body["tool_choice"] = "required"
        if options.stop:
            body["stop"] = options.stop
        if options.schema:
            schema = {"name": "answer", "schema": options.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if options.reasoning:
            body["reasoning_effort"] = "low"
        try:
            if not stream:
                return self.whole(self.sdk.chat.completions.create(**body))
            return self.streamed(
                self.sdk.chat.completions.create(**body, stream=True, stream_options={"include_usage": True})
            )
        except openai.APIStatusError as error:
            raise Refused(type(error).__name__, error.status_code, error.response.headers.get("retry-after")) from error
        except openai.APIError as error:
            raise Refused(type(error).__name__, None) from error

    def whole(self, answer: Any) -> Turn:
        choice = answer.choices[0]
        message = choice.message.model_dump(exclude_none=True)
        assert choice.index == 0
        return self.turn(message, choice.finish_reason, answer.usage)

    def streamed(self, chunks: Any) -> Turn:
        """Puts the deltas together as LangChain and the like do: by the index of each call."""
        message: dict[str, Any] = {"role": "assistant"}
        calls: dict[int, dict[str, Any]] = {}
        finish = usage = None
        blocks: list[dict[str, Any]] = []
        for chunk in chunks:
            usage = chunk.usage or usage
            if not chunk.choices:
                continue
            assert chunk.choices[0].index == 0
            finish = chunk.choices[0].finish_reason or finish
            delta = chunk.choices[0].delta.model_dump(exclude_none=True)
            if isinstance(delta.get("content"), list):
                for block in delta["content"]:
                    merge_block(blocks, block)
            elif delta.get("content"):
                merge_block(blocks, {"type": "text", "text": delta["content"]})
            for member in ("refusal", "reasoning_content"):
                if delta.get(member):
                    message[member] = message.get(member, "") + delta[member]
            for part in delta.get("tool_calls", []):
                call = calls.setdefault(part["index"], {"type": "function", "function": {"arguments": ""}})
                for key, value in part.items():
                    if key == "function":
                        call["function"]["arguments"] += value.get("arguments") or ""
                        if value.get("name"):
                            call["function"]["name"] = value["name"]
                    elif key != "index":
                        call[key] = value
        assert sorted(calls) == list(range(len(calls))), "the indices of the calls are not dense"
        if any(block["type"] != "text" for block in blocks):
            message["content"] = blocks
        elif blocks:
            message["content"] = "".join(block["text"] for block in blocks)
        if calls:
            message["tool_calls"] = [calls[index] for index in sorted(calls)]
        return self.turn(message, finish, usage)

    def turn(self, message: dict[str, Any], finish: str | None, usage: Any) -> Turn:
        turn = Turn(replay=[message])
        content = message.get("content") or ""
        if isinstance(content, str):
            turn.text = content
        else:
            for block in content:
                if block["type"] == "text":
                    turn.text += block["text"]
                elif block["type"] == "reasoning":
                    turn.reasoning += "".join(part.get("text", "") for part in block["summary"])
        turn.text += message.get("refusal") or ""
        turn.reasoning += message.get("reasoning_content") or ""
        for call in message.get("tool_calls", []):
            function = call["function"]
            turn.calls.append(Call(call["id"], function["name"], json.loads(function["arguments"])))
        names = {"stop": "stop", "length": "length", "tool_calls": "tools", "content_filter": "refusal"}
        turn.finish = "refusal" if message.get("refusal") else names.get(finish or "", finish or "")
        if usage:
            cached = (usage.prompt_tokens_details and usage.prompt_tokens_details.cached_tokens) or 0
            turn.usage = Usage(usage.prompt_tokens - cached, cached, usage.completion_tokens)
            assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
        return turn


def merge_block(blocks: list[dict[str, Any]], block: dict[str, Any]) -> None:
    """Puts a content block of a delta behind what came before, as Databricks' own clients do."""
    last = blocks[-1] if blocks else None
    if last and last["type"] == block["type"] == "text":
        last["text"] += block["text"]
    elif last and last["type"] == block["type"] == "reasoning":
        for part in block["summary"]:
            summary = last["summary"]
            if summary and summary[-1]["type"] == part["type"] == "summary_text" and "signature" not in summary[-1]:
                summary[-1]["text"] = summary[-1].get("text", "") + part.get("text", "")
                if part.get("signature"):
                    summary[-1]["signature"] = part["signature"]
            else:
                summary.append(dict(part))
    else:
        blocks.append(json.loads(json.dumps(block)))


class Responses(Client):
    """`responses` of the openai SDK, without state on the server."""

    def __init__(self, gateway: Gateway, name: str, base: str) -> None:
        self.name = name
        self.sdk = openai.OpenAI(api_key=gateway.token, base_url=gateway.url + base, max_retries=0)

    def user(self, text: str, image: bool = False) -> Any:
        content: list[Any] = [{"type": "input_text", "text": text}]
        if image:
            content.append({"type": "input_image", "image_url": DATA_URI, "detail": "auto"})
        return {"type": "message", "role": "user", "content": content}

    def results(self, results: list[tuple[Call, str]], image: bool = False) -> list[Any]:
        items = []
        for call, text in results:
            output: Any = text
            if image:
                output = [{"type": "input_text", "text": text}, {"type": "input_image", "image_url": DATA_URI}]
            items.append({"type": "function_call_output", "call_id": call.id, "output": output})
        return items

    def strip(self, replay: list[Any]) -> list[Any]:
        stripped: list[Any] = []
        for item in replay:
            if item["type"] == "function_call":
                stripped.append({key: item[key] for key in ("type", "call_id", "name", "arguments")})
            elif item["type"] == "message":
                text = "".join(part.get("text", "") for part in item["content"])
                stripped.append({"role": "assistant", "content": text})
        return stripped

    def ask(self, model: str, conversation: list[Any], options: Options, stream: bool) -> Turn:
        body: dict[str, Any] = {
            "model": model,
            "input": conversation,
            "max_output_tokens": options.maximum,
            "store": False,
        }
        if options.system:
            body["instructions"] = options.system
        if options.tools:
            body["tools"] = [{"type": "function", "strict": False, **tool} for tool in options.tools]
        if options.force_tool:
            body["tool_choice"] = "required"
        if options.schema:
            schema = {"type": "json_schema", "name": "answer", "schema": options.schema, "strict": True}
            body["text"] = {"format": schema}
        if options.reasoning:
            body["reasoning"] = {"effort": "low", "summary": "auto"}
            body["include"] = ["reasoning.encrypted_content"]
        try:
            if not stream:
                return self.turn(self.sdk.responses.create(**body))
            return self.streamed(self.sdk.responses.create(**body, stream=True))
        except openai.APIStatusError as error:
            raise Refused(type(error).__name__, error.status_code, error.response.headers.get("retry-after")) from error
        except openai.APIError as error:
            raise Refused(type(error).__name__, None) from error

    def streamed(self, events: Any) -> Turn:
        final = None
        numbers = []
        texts: dict[str, str] = {}
        for event in events:
            numbers.append(event.sequence_number)
            if event.type == "response.output_text.delta":
                texts[event.item_id] = texts.get(event.item_id, "") + event.delta
            elif event.type in ("response.completed", "response.incomplete"):
                final = event.response
            elif event.type in ("response.failed", "error"):
                raise Refused(event.type, None)
        assert numbers == list(range(len(numbers))), "the events are not numbered in order"
        if final is None:
            raise Refused("no terminal event", None)
        for item in final.output:
            if item.type == "message" and item.id in texts:
                assert texts[item.id] == "".join(getattr(part, "text", "") for part in item.content)
        return self.turn(final)

    def turn(self, response: Any) -> Turn:
        if response.status == "failed":
            raise Refused("response.failed", None)
        turn = Turn(replay=[item.model_dump(exclude_none=True) for item in response.output])
        refused = False
        for item in response.output:
            if item.type == "message":
                for part in item.content:
                    refused = refused or part.type == "refusal"
                    turn.text += part.text if part.type == "output_text" else part.refusal
            elif item.type == "function_call":
                turn.calls.append(Call(item.call_id, item.name, json.loads(item.arguments)))
            elif item.type == "reasoning":
                turn.reasoning += "".join(part.text for part in item.summary)
                turn.reasoning += "".join(part.text for part in item.content or [])
        reason = response.incomplete_details and response.incomplete_details.reason
        if response.status == "incomplete":
            turn.finish = {"max_output_tokens": "length", "content_filter": "refusal"}[reason]
        else:
            turn.finish = "refusal" if refused else "tools" if turn.calls else "stop"
        usage = response.usage
        cached = usage.input_tokens_details.cached_tokens
        turn.usage = Usage(usage.input_tokens - cached, cached, usage.output_tokens)
        assert usage.total_tokens == usage.input_tokens + usage.output_tokens
        return turn


class Messages(Client):
    """`messages` of the anthropic SDK."""

    def __init__(self, gateway: Gateway, name: str, base: str) -> None:
        self.name = name
        self.sdk = anthropic.Anthropic(auth_token=gateway.token, base_url=gateway.url + base, max_retries=0)

    def user(self, text: str, image: bool = False) -> Any:
        content: list[Any] = [{"type": "text", "text": text}]
        if image:
            content.append(self.image())
        return {"role": "user", "content": content}

    def image(self) -> dict[str, Any]:
        return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": IMAGE}}

    def results(self, results: list[tuple[Call, str]], image: bool = False) -> list[Any]:
        blocks: list[Any] = []
        for call, text in results:
            content: Any = text
            if image:
                content = [{"type": "text", "text": text}, self.image()]
            blocks.append({"type": "tool_result", "tool_use_id": call.id, "content": content})
        return [{"role": "user", "content": blocks}]

    def strip(self, replay: list[Any]) -> list[Any]:
        stripped = []
        for message in replay:
            blocks = []
            for block in message["content"]:
                if block["type"] == "text":
                    blocks.append({"type": "text", "text": block["text"]})
                elif block["type"] == "tool_use":
                    blocks.append({key: block[key] for key in ("type", "id", "name", "input")})
            stripped.append({"role": "assistant", "content": blocks})
        return stripped

    def ask(self, model: str, conversation: list[Any], options: Options, stream: bool) -> Turn:
        body: dict[str, Any] = {"model": model, "messages": conversation, "max_tokens": options.maximum}
        if options.system:
            body["system"] = options.system
        if options.tools:
            body["tools"] = [
                {"name": tool["name"], "description": tool["description"], "input_schema": tool["parameters"]}
                for tool in options.tools
            ]
        if options.force_tool:
            body["tool_choice"] = {"type": "any"}
        if options.stop:
            body["stop_sequences"] = options.stop
        if options.schema:
            body["output_config"] = {"format": {"type": "json_schema", "schema": options.schema}}
        if options.reasoning:
            body["thinking"] = {"type": "enabled", "budget_tokens": 2048}
        try:
            if not stream:
                return self.turn(self.sdk.messages.create(**body))
            with self.sdk.messages.stream(**body) as events:
                starts: list[int] = []
                for event in events:
                    if event.type == "content_block_start":
                        starts.append(event.index)
                assert starts == list(range(len(starts))), "the indices of the blocks are not dense"
                return self.turn(events.get_final_message())
        except anthropic.APIStatusError as error:
            # Inside a stream the SDK raises with the status of the answer, which is 200.
            status = error.status_code if error.status_code != 200 else None
            raise Refused(type(error).__name__, status, error.response.headers.get("retry-after")) from error
        except anthropic.APIError as error:
            raise Refused(type(error).__name__, None) from error

    def turn(self, message: Any) -> Turn:
        content = [block.model_dump(exclude_none=True) for block in message.content]
        for block in content:
            # What the SDK adds for its users' convenience is no member of the API.
            block.pop("parsed_output", None)
        turn = Turn(replay=[{"role": "assistant", "content": content}])
        for block in message.content:
            if block.type == "text":
                turn.text += block.text
            elif block.type == "thinking":
                turn.reasoning += block.thinking
            elif block.type == "tool_use":
                turn.calls.append(Call(block.id, block.name, dict(block.input)))
        names = {
            "end_turn": "stop",
            "stop_sequence": "stop",
            "max_tokens": "length",
            "tool_use": "tools",
            "refusal": "refusal",
        }
        turn.finish = names.get(message.stop_reason or "", message.stop_reason or "")
        usage = message.usage
        turn.usage = Usage(
            usage.input_tokens + (usage.cache_creation_input_tokens or 0),
            usage.cache_read_input_tokens or 0,
            usage.output_tokens,
        )
        return turn


class Contents(Client):
    """`models.generate_content` of the google-genai SDK."""

    def __init__(self, gateway: Gateway, name: str, base: str) -> None:
        self.name = name
        self.sdk = genai.Client(
            api_key="databricks",
            http_options=types.HttpOptions(
                base_url=gateway.url + base, headers={"Authorization": f"Bearer {gateway.token}"}
            ),
        )

    def user(self, text: str, image: bool = False) -> Any:
        parts = [types.Part(text=text)]
        if image:
            parts.append(types.Part.from_bytes(data=PNG, mime_type="image/png"))
        return types.Content(role="user", parts=parts)

    def results(self, results: list[tuple[Call, str]], image: bool = False) -> list[Any]:
        parts = []
        for call, text in results:
            pictures = None
            if image:
                blob = types.FunctionResponseBlob(mime_type="image/png", data=PNG)
                pictures = [types.FunctionResponsePart(inline_data=blob)]
            response = types.FunctionResponse(id=call.id, name=call.name, response={"result": text}, parts=pictures)
            parts.append(types.Part(function_response=response))
        return [types.Content(role="user", parts=parts)]

    def strip(self, replay: list[Any]) -> list[Any]:
        stripped = []
        for content in replay:
            parts = []
            for part in content.parts:
                if part.function_call:
                    parts.append(types.Part(function_call=part.function_call))
                elif part.text and not part.thought:
                    parts.append(types.Part(text=part.text))
            stripped.append(types.Content(role="model", parts=parts))
        return stripped

    def ask(self, model: str, conversation: list[Any], options: Options, stream: bool) -> Turn:
        config = types.GenerateContentConfig(
            max_output_tokens=options.maximum,
            system_instruction=options.system,
            stop_sequences=options.stop,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        if options.tools:
            functions = [
                types.FunctionDeclaration(
                    name=tool["name"], description=tool["description"], parameters_json_schema=tool["parameters"]
                )
                for tool in options.tools
            ]
            config.tools = [types.Tool(function_declarations=functions)]
        if options.force_tool:
            mode = types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode.ANY)
            config.tool_config = types.ToolConfig(function_calling_config=mode)
        if options.schema:
            config.response_mime_type = "application/json"
            config.response_json_schema = options.schema
        if options.reasoning:
            config.thinking_config = types.ThinkingConfig(include_thoughts=True, thinking_budget=2048)
        try:
            if not stream:
                return self.turn([self.sdk.models.generate_content(model=model, contents=conversation, config=config)])
            return self.turn(
                list(self.sdk.models.generate_content_stream(model=model, contents=conversation, config=config))
            )
        except errors.APIError as error:
            headers = getattr(error.response, "headers", None) or {}
            raise Refused(type(error).__name__, error.code, headers.get("retry-after")) from error

    def turn(self, chunks: list[Any]) -> Turn:
        parts: list[Any] = []
        finish = None
        usage = None
        for chunk in chunks:
            usage = chunk.usage_metadata or usage
            for candidate in chunk.candidates or []:
                finish = candidate.finish_reason or finish
                parts += (candidate.content and candidate.content.parts) or []
        if finish is None and not any(chunk.prompt_feedback for chunk in chunks):
            raise Refused("no finish reason", None)
        turn = Turn(replay=[types.Content(role="model", parts=parts)])
        for part in parts:
            if part.function_call:
                call = part.function_call
                turn.calls.append(Call(call.id or "", call.name, dict(call.args or {})))
            elif part.thought:
                turn.reasoning += part.text or ""
            else:
                turn.text += part.text or ""
        if finish == types.FinishReason.STOP:
            turn.finish = "tools" if turn.calls else "stop"
        elif finish == types.FinishReason.MAX_TOKENS:
            turn.finish = "length"
        else:
            turn.finish = "refusal"
        if usage:
            cached = usage.cached_content_token_count or 0
            output = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
            turn.usage = Usage((usage.prompt_token_count or 0) - cached, cached, output)
            assert usage.total_token_count == (usage.prompt_token_count or 0) + output
        return turn


def clients(gateway: Gateway) -> dict[str, Client]:
    """Every row of the matrix."""
    rows: list[Client] = [
        Chat(gateway, "MLflow chat", "/ai-gateway/mlflow/v1"),
        Chat(gateway, "OpenAI chat", "/ai-gateway/openai/v1"),
        Responses(gateway, "OpenAI Responses", "/ai-gateway/openai/v1"),
        Responses(gateway, "Unified Responses", "/ai-gateway/mlflow/v1"),
        Messages(gateway, "Anthropic Messages", "/ai-gateway/anthropic"),
        Contents(gateway, "Gemini generateContent", "/ai-gateway/gemini"),
    ]
    return {row.name: row for row in rows}
