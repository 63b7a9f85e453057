# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Runs the command lines of coding agents: offline, in an empty home, against the gateway."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

from gateway import PATIENCE, Gateway, clean_environment


def bundled(package: str, path: str) -> str:
    """The command that a wheel brings along."""
    found = importlib.util.find_spec(package)
    assert found and found.submodule_search_locations, f"{package} is not installed: run `make test-agents`"
    return str(Path(found.submodule_search_locations[0]) / path)


def run(command: list[str], directory: Path, *, succeeds: bool = True, **environment: str) -> str:
    """What an agent says in `directory/work`, where it is to succeed or to fail."""
    home, work = directory / "home", directory / "work"
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
    assert (finished.returncode == 0) == succeeds, said
    return said


def claude(
    gateway: Gateway,
    directory: Path,
    model: str,
    task: str,
    *,
    token: str | None = None,
    path: str = "",
    succeeds: bool = True,
) -> str:
    """What Claude Code says of a task, with its base URL below the gateway's."""
    command = [bundled("claude_agent_sdk", "_bundled/claude"), "-p", task, "--model", model]
    return run(
        [*command, "--dangerously-skip-permissions"],
        directory,
        succeeds=succeeds,
        ANTHROPIC_BASE_URL=gateway.url + path,
        ANTHROPIC_AUTH_TOKEN=token or gateway.token,
        ANTHROPIC_SMALL_FAST_MODEL=model,
        DISABLE_TELEMETRY="1",
        DISABLE_AUTOUPDATER="1",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        IS_SANDBOX="1",
    )


def codex(gateway: Gateway, directory: Path, model: str, task: str, *, path: str = "/v1", succeeds: bool = True) -> str:
    """What Codex says of a task, with its base URL below the gateway's."""
    settings = directory / "codex"
    settings.mkdir()
    (settings / "config.toml").write_text(
        f'model = "{model}"\nmodel_provider = "gatehouse"\n'
        '[model_providers.gatehouse]\nname = "Gatehouse"\nwire_api = "responses"\nenv_key = "GATEHOUSE_TOKEN"\n'
        f'base_url = "{gateway.url}{path}"\n'
    )
    command = [bundled("codex_cli_bin", "bin/codex"), "exec", "--skip-git-repo-check"]
    return run(
        [*command, "--dangerously-bypass-approvals-and-sandbox", task],
        directory,
        succeeds=succeeds,
        CODEX_HOME=str(settings),
        GATEHOUSE_TOKEN=gateway.token,
    )
