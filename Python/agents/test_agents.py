# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Coding agents do a task of several tool calls through the gateway, with a model of every family (client-03).

`make test-agents` installs them. They run offline: their base URL is the gateway's, the token is the administrator's,
the home is empty. The simulator is led through the task by instructions in the prompt; the agent really runs the tools.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from coding_agents import claude, codex
from gateway import Gateway

MODELS = {
    "GPT": "system.ai.gpt-5-4",
    "Claude": "system.ai.claude-sonnet-4-5",
    "Gemini": "system.ai.gemini-3-1-pro",
    "open": "system.ai.kimi-k3",
}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    running = Gateway(tmp_path_factory.mktemp("gateway")).start()
    yield running
    repairs = running.repairs()
    assert running.stop() == 0, running.output
    assert not repairs


def script(model: str, steps: list[str]) -> str:
    """A prompt that leads this model, and no other that the agent may ask, through the steps."""
    name = model.removeprefix("system.ai.")
    return "Do the task. " + " ".join(f"[[simulate: model={name} {step}]]" for step in steps)


@pytest.mark.parametrize("family", MODELS)
def test_claude_code_completes_a_task(family: str, gateway: Gateway, tmp_path: Path) -> None:
    model = MODELS[family]
    steps = [
        'call=Bash args={"command":"echo one > a.txt","description":"write"}',
        'call=Bash args={"command":"cat a.txt && echo two >> a.txt","description":"append"} '
        'call=Bash args={"command":"ls","description":"list"}',
        'call=Read args={"file_path":"' + str(tmp_path / "work" / "a.txt") + '"}',
    ]
    said = claude(gateway, tmp_path, model, script(model, steps), path="/ai-gateway/anthropic")
    assert (tmp_path / "work" / "a.txt").read_text() == "one\ntwo\n"
    assert "two" in said and "simulated by Gatehouse" in said
    name = model.removeprefix("system.ai.")
    rows = gateway.usage(f"endpoint_name LIKE '%{name}%' AND status_code = 200", count=4)
    assert all(row["api_type"] == "anthropic/v1/messages" for row in rows if "claude-cli" in (row["user_agent"] or ""))


@pytest.mark.parametrize("family", MODELS)
def test_codex_completes_a_task(family: str, gateway: Gateway, tmp_path: Path) -> None:
    model = MODELS[family]
    steps = [
        'call=exec_command args={"cmd":"echo one > a.txt"}',
        'call=exec_command args={"cmd":"cat a.txt && echo two >> a.txt"} call=exec_command args={"cmd":"ls"}',
        'call=exec_command args={"cmd":"cat a.txt"}',
    ]
    said = codex(gateway, tmp_path, model, script(model, steps), path="/ai-gateway/codex/v1")
    assert (tmp_path / "work" / "a.txt").read_text() == "one\ntwo\n"
    assert "two" in said and "simulated by Gatehouse" in said
