# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Coding agents do a task of several tool calls through the gateway, with a model of every family (client-03).

`make test-agents` installs them. They run offline: their base URL is the gateway's, the token is the administrator's,
the home is empty. The simulator is led through the task by instructions in the prompt; the agent really runs the tools.
"""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway import PATIENCE, Gateway, clean_environment

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


def bundled(package: str, path: str) -> str:
    """The command that a wheel brings along."""
    found = importlib.util.find_spec(package)
    assert found and found.submodule_search_locations, f"{package} is not installed: run `make test-agents`"
    return str(Path(found.submodule_search_locations[0]) / path)


def run(command: list[str], directory: Path, **environment: str) -> str:
    home = directory / "home"
    work = directory / "work"
    home.mkdir()
    work.mkdir()
    finished = subprocess.run(
        command,
        cwd=work,
        env=clean_environment(home, **environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE * 4,
    )
    said = finished.stdout + finished.stderr
    assert finished.returncode == 0, said
    return said


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
    task = "Do the task. " + " ".join(
        f"[[simulate: model={model.removeprefix('system.ai.')} {step}]]" for step in steps
    )
    said = run(
        [
            bundled("claude_agent_sdk", "_bundled/claude"),
            "-p",
            task,
            "--model",
            model,
            "--dangerously-skip-permissions",
        ],
        tmp_path,
        ANTHROPIC_BASE_URL=gateway.url + "/ai-gateway/anthropic",
        ANTHROPIC_AUTH_TOKEN=gateway.token,
        ANTHROPIC_SMALL_FAST_MODEL=model,
        DISABLE_TELEMETRY="1",
        DISABLE_AUTOUPDATER="1",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        IS_SANDBOX="1",
    )
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
    task = "Do the task. " + " ".join(
        f"[[simulate: model={model.removeprefix('system.ai.')} {step}]]" for step in steps
    )
    (tmp_path / "codex").mkdir()
    (tmp_path / "codex" / "config.toml").write_text(
        f'model = "{model}"\nmodel_provider = "gatehouse"\n'
        '[model_providers.gatehouse]\nname = "Gatehouse"\nwire_api = "responses"\nenv_key = "GATEHOUSE_TOKEN"\n'
        f'base_url = "{gateway.url}/ai-gateway/codex/v1"\n'
    )
    said = run(
        [
            bundled("codex_cli_bin", "bin/codex"),
            "exec",
            "--skip-git-repo-check",
            "--dangerously-bypass-approvals-and-sandbox",
            task,
        ],
        tmp_path,
        CODEX_HOME=str(tmp_path / "codex"),
        GATEHOUSE_TOKEN=gateway.token,
    )
    assert (tmp_path / "work" / "a.txt").read_text() == "one\ntwo\n"
    assert "two" in said and "simulated by Gatehouse" in said
