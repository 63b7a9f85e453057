# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""What a client or an upstream may send on purpose to take a gateway down."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from mishaps import CHAT, HELLO, call_often
from stage import Stage, mishap
from upstream import Exchange

#: How long a flood lasts, in seconds.
SECONDS = 5.0


def connect(stage: Stage) -> socket.socket:
    return socket.create_connection((stage.gateway.host, stage.gateway.port), timeout=5)


def head(path: str, length: int, lines: dict[str, str] | None = None) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in (lines or {}).items())
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{fields}Content-Length: {length}\r\n\r\n".encode()


def trickle(stage: Stage, request: bytes, connections: int) -> None:
    """Opens connections that announce much and send a byte now and then."""
    held = [connect(stage) for _ in range(connections)]
    for connection in held:
        connection.sendall(request)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for connection in held:
            with contextlib.suppress(OSError):
                connection.sendall(b" ")
        time.sleep(0.25)
    for connection in held:
        connection.close()


@mishap("anonymous clients announce 64 bodies of 32 MiB")
def anonymous_bodies(stage: Stage) -> None:
    stage.start()
    trickle(stage, head("/x", 32 << 20), 64)


@mishap("one caller announces 64 bodies of 32 MiB")
def one_callers_bodies(stage: Stage) -> None:
    stage.start()
    trickle(stage, head(CHAT, 32 << 20, stage.attacker), 64)


@mishap("one caller sends 40 bodies of 31 MiB and does not finish them")
def large_bodies(stage: Stage) -> None:
    stage.start()
    held = []
    piece = b" " * (1 << 20)
    for _ in range(40):
        connection = connect(stage)
        connection.settimeout(1)
        held.append(connection)
        with contextlib.suppress(OSError):
            connection.sendall(head(CHAT, 32 << 20, stage.attacker))
            for _ in range(31):
                connection.sendall(piece)
    time.sleep(SECONDS)
    for connection in held:
        connection.close()


@mishap("anonymous clients pipeline requests and read nothing")
def pipelining(stage: Stage) -> None:
    stage.start()
    request = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 2000
    held = [connect(stage) for _ in range(16)]
    for connection in held:
        connection.settimeout(0.05)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for connection in held:
            with contextlib.suppress(OSError):
                connection.sendall(request)
    for connection in held:
        connection.close()


@mishap("heads of 66,000 lines, and 2,000 heads that never end")
def heads(stage: Stage) -> None:
    stage.gateway.write_config(stage.configuration(max_head_bytes=1 << 20))
    stage.start()
    for _ in range(10):
        with contextlib.suppress(OSError), connect(stage) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\n" + b"a:\r\n" * 66_000 + b"\r\n")
            connection.recv(1024)
    held = [connect(stage) for _ in range(2000)]
    for connection in held:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n")
    time.sleep(SECONDS)
    for connection in held:
        connection.close()


def schema_bomb(levels: int, width: int) -> dict[str, Any]:
    """A small schema whose references multiply: each level names the next several times."""
    definitions = {
        f"d{level}": {
            "type": "object",
            "properties": {f"p{side}": {"$ref": f"#/$defs/d{level + 1}"} for side in range(width)},
        }
        for level in range(levels)
    }
    definitions[f"d{levels}"] = {"type": "string"}
    return {"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": definitions}


def tool(schema: dict[str, Any], name: str = "t") -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": schema}}


@mishap("schemas that grow by references, shared texts that are copied per element")
def expansion(stage: Stage) -> None:
    stage.start()
    nested: dict[str, Any] = {"type": "string"}
    for _ in range(60):
        nested = {"type": "object", "properties": {"a": nested}}
    chain = {f"d{n}": {"type": "object", "properties": {"a": {"$ref": f"#/$defs/d{n + 1}"}}} for n in range(2000)}
    chain["d2000"] = nested
    bombs: list[dict[str, Any]] = [
        {"tools": [tool(schema_bomb(24, 4))]},
        {"tools": [tool({"$ref": "#/$defs/d0", "$defs": chain})]},
        {"tools": [tool(schema_bomb(8, 4), f"t{n}") for n in range(128)]},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "x", "schema": schema_bomb(30, 3)},
            }
        },
    ]

    def send(bomb: dict[str, Any]) -> int:
        body = {"model": "main.ai.gemini", "messages": HELLO, **bomb}
        return httpx.post(stage.gateway.url + CHAT, json=body, headers=stage.attacker, timeout=30).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(send, bombs * 6))
    assert set(statuses) <= {200, 400, 413, 429, 503}, statuses


@mishap("large translated requests: 4,000 tools, 40,000 messages, 4 MiB of parts")
def large_requests(stage: Stage) -> None:
    stage.start()
    tools = [tool({"type": "object", "properties": {"a": {"type": "string"}}}, f"tool_{n}") for n in range(4000)]
    turns = [{"role": "user" if n % 2 == 0 else "assistant", "content": "word " * 10} for n in range(40_001)]
    parts = [{"role": "user", "content": [{"type": "text", "text": "x" * 64} for _ in range(40_000)]}]
    bodies = [
        json.dumps({"model": "main.ai.gemini", "messages": HELLO, "tools": tools}).encode(),
        json.dumps({"model": "main.ai.gemini", "messages": turns}).encode(),
        json.dumps({"model": "main.ai.gemini", "messages": parts}).encode(),
    ]

    def send(body: bytes) -> None:
        with contextlib.suppress(httpx.HTTPError):
            httpx.post(stage.gateway.url + CHAT, content=body, headers=stage.attacker, timeout=30)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(send, bodies * 3))


@mishap("an upstream floods with interim responses")
def interim_responses(stage: Stage) -> None:
    async def flood(exchange: Exchange) -> None:
        hints = b"HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n" * 1000
        end = time.monotonic() + SECONDS
        with contextlib.suppress(OSError):
            while time.monotonic() < end and not exchange.closed.is_set():
                await exchange.send(hints)
        exchange.close()

    stage.hostile.script(flood)
    stage.start()
    statuses = call_often(stage, "main.ai.hostile", 8, 8)
    assert set(statuses) <= {502, 503, 504}, statuses


@mishap("20,000 refused requests with the largest tags")
def refused_calls(stage: Stage) -> None:
    stage.start()
    tags = json.dumps({f"k{n}": "\u00e9" * 250 for n in range(20)}, ensure_ascii=True)
    headers = {**stage.attacker, "Databricks-Ai-Gateway-Request-Tags": tags}
    body = json.dumps({"model": "main.ai.missing", "messages": HELLO})

    def refuse(_: int) -> None:
        with httpx.Client(headers=headers, timeout=20) as client:
            for _ in range(1250):
                client.post(stage.gateway.url + CHAT, content=body)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(refuse, range(16)))
