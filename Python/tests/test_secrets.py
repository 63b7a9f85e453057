# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Canaries: provider keys, tokens and prompts occur in no log line, no answer and no file but where they belong."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import httpx
from config import PROVIDER_KEY, upstream_config
from gateway import ADMIN_TOKEN, Gateway
from rawhttp import Connection
from upstream import Exchange, Upstream

WRONG = "dapi-wrong-canary-77aa"
PROMPT = "prompt-canary-3b1f"
ANSWER = "answer-canary-9c2e"
CHAT = "/mlflow/v1/chat/completions"


def test_nothing_leaks_whatever_happens(launch: Any, upstream: Upstream) -> None:
    """usage-10"""
    config = upstream_config(upstream)
    config["provider_services"]["test.providers.openai"]["headers"] = {"x-extra": "header-canary-51"}
    gateway: Gateway = launch(config, arguments=("--log-level", "trace"))
    token = gateway.create_token("alice@example.com")
    answers: list[str] = []

    def call(path: str, body: Any, **headers: str) -> None:
        response = gateway.post(path, body, headers={"Authorization": f"Bearer {ADMIN_TOKEN}", **headers})
        answers.append(str(response.headers) + response.text)

    def ask(service: str, **more: Any) -> dict[str, Any]:
        return {"model": service, "max_tokens": 9, "messages": [{"role": "user", "content": PROMPT}], **more}

    services = [f"test.ai.{kind}" for kind in ("openai", "anthropic", "gemini", "custom")]
    for service in services:
        call(CHAT, ask(service))
        call(CHAT, ask(service, stream=True))
        call(CHAT, ask(service), Authorization=f"Bearer {WRONG}")
        call(CHAT, ask(service), Authorization="Basic " + base64.b64encode(f"token:{WRONG}".encode()).decode())
        call(CHAT, ask(service), Authorization=f"Bearer {token}")
        call(CHAT + f"?key={WRONG}&api_key={WRONG}&access_token={WRONG}", ask(service))
        for status in ("401 Denied", "403 Denied"):
            upstream.answer({"error": {"message": f"key {PROVIDER_KEY} is bad", "type": "x"}}, status)
            call(CHAT, ask(service))
            call(CHAT, ask(service, stream=True))
        # Vendors quote what they do not like; that is for the caller, and not for the log.
        for status in ("400 Bad", "422 Odd", "500 Broken"):
            upstream.answer({"error": {"message": f"Invalid value: '{PROMPT}'", "type": "x"}}, status)
            gateway.post(CHAT, ask(service))
            gateway.post(CHAT, ask(service, stream=True))
        upstream.answer({"id": 1, "choices": [{"message": {"content": ANSWER}}]})
        gateway.post("/openai/v1/chat/completions", ask(service))
        upstream.reset()
    call(CHAT, ask("no-such-model"))
    call(CHAT, json.dumps(ask("test.ai.openai"))[:-1])
    call(
        "/gemini/v1beta/models/test.ai.gemini:generateContent?key=" + WRONG,
        {"contents": [{"parts": [{"text": PROMPT}]}]},
    )
    call("/nonsense?token=" + WRONG, {})

    async def never(exchange: Exchange) -> None:
        await exchange.closed.wait()

    upstream.reset()
    upstream.script(never)
    with Connection(gateway) as connection:
        connection.request(CHAT, ask("test.ai.openai"))
        upstream.wait(lambda: upstream.exchanges, "the call goes upstream")
    upstream.wait(lambda: upstream.exchanges[-1].closed.is_set(), "the upstream is cancelled")
    with Connection(gateway) as connection:
        connection.send(f"POST / HTTP/1.1\r\nauthorization: Bearer {WRONG}\r\nbad line {WRONG}\r\n\r\n".encode())
        answers.append(connection.response().body.decode())
    gateway.write_config({**config, "server": {"nonsense": PROVIDER_KEY}})
    upstream.wait(lambda: "nonsense" in gateway.stderr, "the bad file is logged")
    answers.append(gateway.get("/ready").text)
    answers.append(gateway.get("/metrics").text)
    assert gateway.stop() == 0

    secrets = [PROVIDER_KEY, ADMIN_TOKEN, token, WRONG, "header-canary-51"]
    for secret in [*secrets, base64.b64encode(f"token:{WRONG}".encode()).decode()]:
        assert not [text for text in answers if secret in text], f"{secret} is in an answer"
    for secret in [*secrets, PROMPT, ANSWER]:
        assert secret not in gateway.output, f"{secret} is in the log"
        for path in files(gateway.data):
            assert secret.encode() not in path.read_bytes(), f"{secret} is in {path.name}"


def test_the_data_directory_is_the_owners_alone(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    gateway.create_token("alice@example.com")
    assert stat.S_IMODE(gateway.data.stat().st_mode) == 0o700
    for path in files(gateway.data):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, f"{path.name} is open to others"


def test_the_command_line_and_the_environment_of_others_do_not_show_the_token(launch: Any) -> None:
    gateway: Gateway = launch()
    assert gateway.process
    assert ADMIN_TOKEN not in Path(f"/proc/{gateway.process.pid}/cmdline").read_text()


def test_errors_name_no_path_of_the_machine(gateway: Gateway) -> None:
    for path in (CHAT, "/nonsense", "/api/2.0/x"):
        response = httpx.post(gateway.url + path, content=b"{", headers=gateway.bearer)
        assert str(gateway.directory) not in response.text
        assert ".swift" not in response.text


def files(directory: Path) -> list[Path]:
    found = [path for path in directory.rglob("*") if path.is_file()]
    assert found
    return found
