# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Answers as the vendors send them, and event streams, for scripted upstreams."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upstream import Exchange

TEXT = "Grüße aus der Röhre: 🚇 done."

OPENAI_CHAT: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1698824353,
    "model": "gpt-upstream",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
    "usage": {
        "prompt_tokens": 11,
        "completion_tokens": 7,
        "total_tokens": 18,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 2},
    },
}
ANTHROPIC_MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-upstream",
    "content": [{"type": "text", "text": TEXT}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 5,
        "cache_read_input_tokens": 4,
        "cache_creation_input_tokens": 2,
        "output_tokens": 7,
    },
}
GEMINI_CONTENT = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": TEXT}]}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18},
    "modelVersion": "gemini-upstream",
    "responseId": "r1",
}
OPENAI_RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1698824353,
    "status": "completed",
    "model": "gpt-upstream",
    "output": [
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": TEXT, "annotations": []}],
        }
    ],
    "usage": {
        "input_tokens": 11,
        "output_tokens": 7,
        "total_tokens": 18,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens_details": {"reasoning_tokens": 2},
    },
}
OPENAI_EMBEDDINGS = {
    "object": "list",
    "model": "embed-upstream",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.25, -0.5, 1.0]}],
    "usage": {"prompt_tokens": 3, "total_tokens": 3},
}


def data(*events: Any) -> bytes:
    """Events without names, as OpenAI chat and Gemini send them."""
    return b"".join(b"data: " + (e.encode() if isinstance(e, str) else dump(e)) + b"\n\n" for e in events)


def named(events: Iterable[dict[str, Any]]) -> bytes:
    """Events named after their type, as Anthropic and OpenAI Responses send them."""
    return b"".join(b"event: %b\ndata: %b\n\n" % (e["type"].encode(), dump(e)) for e in events)


def dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def pieces(text: str = TEXT) -> list[str]:
    return [text[i : i + 4] for i in range(0, len(text), 4)]


def chat_events(usage: bool, text: str = TEXT) -> list[Any]:
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1698824353, "model": "gpt-upstream"}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    events: list[Any] = [chunk({"role": "assistant", "content": ""})]
    events += [chunk({"content": piece}) for piece in pieces(text)]
    events.append(chunk({}, "stop"))
    if usage:
        events.append({**base, "choices": [], "usage": OPENAI_CHAT["usage"]})
    return [*events, "[DONE]"]


def chat_stream(usage: bool = True, text: str = TEXT) -> bytes:
    return data(*chat_events(usage, text))


def anthropic_stream(text: str = TEXT) -> bytes:
    start = {**ANTHROPIC_MESSAGE, "content": [], "stop_reason": None}
    start["usage"] = {**ANTHROPIC_MESSAGE["usage"], "output_tokens": 1}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
    ]
    for piece in pieces(text):
        events.append({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}})
    stop = {"stop_reason": "end_turn", "stop_sequence": None}
    events += [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]
    return named(events)


def gemini_stream(text: str = TEXT) -> bytes:
    events = []
    parts = pieces(text)
    for number, piece in enumerate(parts):
        candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": piece}]}, "index": 0}
        if number == len(parts) - 1:
            candidate["finishReason"] = "STOP"
        events.append({**GEMINI_CONTENT, "candidates": [candidate]})
    return data(*events)


def responses_stream(text: str = TEXT) -> bytes:
    created = {**OPENAI_RESPONSE, "status": "in_progress", "output": [], "usage": None}
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    part = {"type": "output_text", "text": "", "annotations": []}
    done = OPENAI_RESPONSE["output"][0]
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": created},
        {"type": "response.in_progress", "response": created},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **where, "part": part},
        *({"type": "response.output_text.delta", **where, "delta": p, "logprobs": []} for p in pieces(text)),
        {"type": "response.output_text.done", **where, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **where, "part": {**part, "text": text}},
        {"type": "response.output_item.done", "output_index": 0, "item": done},
        {"type": "response.completed", "response": OPENAI_RESPONSE},
    ]
    return named({**event, "sequence_number": number} for number, event in enumerate(events))


async def answer(exchange: Exchange) -> None:
    """Answers as the vendor would, by the request's path and its `stream` member."""
    path = exchange.request.target.partition("?")[0]
    if path.endswith(":generateContent"):
        await exchange.respond(GEMINI_CONTENT)
    elif path.endswith(":streamGenerateContent"):
        await exchange.stream(gemini_stream())
    elif path.endswith("/embeddings"):
        await exchange.respond(OPENAI_EMBEDDINGS)
    else:
        body = exchange.request.json
        streams = body.get("stream") is True
        if path.endswith("/messages"):
            await (exchange.stream(anthropic_stream()) if streams else exchange.respond(ANTHROPIC_MESSAGE))
        elif path.endswith("/responses"):
            await (exchange.stream(responses_stream()) if streams else exchange.respond(OPENAI_RESPONSE))
        else:
            wants_usage = (body.get("stream_options") or {}).get("include_usage") is True
            await (exchange.stream(chat_stream(wants_usage)) if streams else exchange.respond(OPENAI_CHAT))
