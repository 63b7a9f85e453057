# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""The log as JSON, and the access log: one line for each request, and nothing in it that is secret."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from config import PROVIDER_KEY, upstream_config
from gateway import ADMIN_TOKEN, Gateway, wait_until
from rawhttp import Connection
from upstream import Exchange, Upstream

CHAT = "/openai/v1/chat/completions"
PROMPT = "a prompt that is nobody's business"
ASK = {"model": "test.ai.openai", "messages": [{"role": "user", "content": PROMPT}]}

Launch = Callable[..., Gateway]


def lines(gateway: Gateway) -> list[dict[str, Any]]:
    """The log, each line of which is an object; the last one may still be being written."""
    text = gateway.stderr
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def requests(gateway: Gateway, count: int) -> list[dict[str, Any]]:
    """The fields of the access log's lines, once there are so many."""

    def found() -> list[dict[str, Any]]:
        return [line["fields"] for line in lines(gateway) if line["logger"] == "gatehouse.access"]

    wait_until(lambda: len(found()) >= count, f"{count} lines")
    assert len(found()) == count
    return found()


def test_every_line_is_an_object(launch: Launch, upstream: Upstream) -> None:
    config = upstream_config(upstream, server={"access_log": True})
    gateway = launch(config, arguments=("--log-format", "json", "--log-level", "debug"))
    assert gateway.post(CHAT, ASK).status_code == 200
    gateway.write_config("server: [")
    wait_until(lambda: "cannot be used" in gateway.stderr, "the broken file is logged")
    gateway.write_config(config)
    assert gateway.stop() == 0
    for line in lines(gateway):
        assert set(line) == {"time", "level", "logger", "message", "fields"}
        assert datetime.fromisoformat(line["time"]).tzinfo
        assert line["level"] in ("trace", "debug", "info", "notice", "warning", "error", "critical")
    assert any(line["level"] == "error" and "error" in line["fields"] for line in lines(gateway))


def test_a_start_that_fails_says_so_in_json(launch: Launch) -> None:
    gateway = launch({"simulator": True}, arguments=("--log-format", "json"))
    assert gateway.stop() == 0
    gateway.write_config({"nonsense": 1})
    assert gateway.spawn().wait(30) != 0
    assert lines(gateway)[-1]["level"] == "critical" and "nonsense" in lines(gateway)[-1]["message"]


def test_one_line_for_each_request(launch: Launch, upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream, server={"access_log": True}), arguments=("--log-format", "json"))
    answer = gateway.post(CHAT + "?key=query-canary", ASK)
    [chat] = requests(gateway, 1)
    assert chat["client"] == "127.0.0.1" and chat["method"] == "POST" and chat["path"] == CHAT
    assert chat["status"] == 200 and chat["bytes"] == len(answer.content) and chat["complete"] is True
    assert chat["request_id"] == answer.headers["x-request-id"]
    assert chat["principal"] == "admin" and chat["service"] == "test.ai.openai"
    assert 0 < chat["first_byte_ms"] <= chat["ms"]
    with gateway.client().stream("POST", CHAT, json={**ASK, "stream": True}) as stream:
        size = len(b"".join(stream.iter_raw()))
    assert requests(gateway, 2)[1]["bytes"] == size
    refused = httpx.post(gateway.url + "/anthropic/v1/messages", headers={"x-api-key": "key-canary"}, json={})
    one = requests(gateway, 3)[2]
    assert (one["status"], one["request_id"]) == (401, refused.headers["x-request-id"])
    assert "principal" not in one and "service" not in one
    assert gateway.get("/health").status_code == 200
    assert requests(gateway, 4)[3]["path"] == "/health"
    with Connection(gateway) as connection:
        connection.send(b"nonsense\r\n\r\n")
        assert connection.response().status == 400
    assert requests(gateway, 5)[4]["status"] == 400
    for secret in ("canary", ADMIN_TOKEN, PROVIDER_KEY, PROMPT, "query-canary", "key-canary"):
        assert secret not in gateway.stderr


def test_clients_that_leave_and_answers_that_break_off(launch: Launch, upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream, server={"access_log": True}), arguments=("--log-format", "json"))

    async def hang(exchange: Exchange) -> None:
        await exchange.closed.wait()

    upstream.script(hang)
    with Connection(gateway) as connection:
        connection.request(CHAT, ASK)
        upstream.wait(lambda: upstream.requests, "the request is in flight")
    [left] = requests(gateway, 1)
    assert left["status"] == 499 and left["complete"] is False and "first_byte_ms" not in left
    assert left["principal"] == "admin" and left["service"] == "test.ai.openai"

    async def break_off(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.chunk(b'data: {"choices": []}\n\n')
        exchange.abort()

    upstream.script(break_off)
    gateway.post(CHAT, {**ASK, "stream": True})
    assert requests(gateway, 2)[1]["status"] == 200


def test_text_lines_and_off_by_default(launch: Launch, upstream: Upstream) -> None:
    silent = launch(upstream_config(upstream))
    assert silent.post(CHAT, ASK).status_code == 200
    assert silent.stop() == 0 and "gatehouse.access" not in silent.stderr
    gateway = launch(upstream_config(upstream, server={"access_log": True}), arguments=("--log-level", "error"))
    response = gateway.post(CHAT, ASK)
    wait_until(lambda: "gatehouse.access" in gateway.stderr, "the line")
    [line] = [line for line in gateway.stderr.splitlines() if "gatehouse.access" in line]
    identifier = response.headers["x-request-id"]
    assert re.fullmatch(
        r"\S+T\S+ info gatehouse\.access: 127\.0\.0\.1 POST /openai/v1/chat/completions 200 bytes=\d+ ms=[\d.]+"
        rf" first_byte_ms=[\d.]+ request_id={identifier} principal=admin service=test\.ai\.openai",
        line,
    )


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_log_that_nobody_reads_loses_lines_and_delays_nobody(tmp_path: Any, upstream: Upstream, form: str) -> None:
    reader, writer = os.pipe()
    config = upstream_config(upstream, server={"access_log": True})
    gateway = Gateway(tmp_path, config, arguments=("--log-format", form)).start(stderr=writer)
    os.close(writer)
    path = "/" + "x" * 2000
    with gateway.client() as client:
        for _ in range(1500):
            assert client.get(path).status_code == 404
        dropped = re.search(r"^gatehouse_log_lines_dropped_total (\d+)", client.get("/metrics").text, re.MULTILINE)
    assert dropped and int(dropped.group(1)) > 0
    text = b""
    while b"log lines were dropped" not in text:
        text += os.read(reader, 65536)
    if form == "json":
        whole = text[: text.rfind(b"\n")].split(b"\n")
        assert all(json.loads(line) for line in whole)
    assert gateway.process
    gateway.process.terminate()
    while os.read(reader, 65536):
        pass
    os.close(reader)
    assert gateway.process.wait(30) == 0
