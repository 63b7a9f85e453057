# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Commands that look at a configuration without serving it, the manual page, completions, and what `GET /` says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gateway import BINARY, ROOT, Gateway, clean_environment, run

VALID = {
    "provider_services": {
        "main.providers.vllm": {"provider_type": "vllm", "base_url": "http://127.0.0.1:8000/v1"},
        "main.providers.spare": {"provider_type": "openai", "api_key": "${SPARE_KEY}"},
    },
    "model_services": {
        "main.ai.helper": {
            "destinations": [
                {"provider": "main.providers.vllm", "model": "qwen3-8b", "traffic_percentage": 80},
                {"provider": "main.providers.vllm", "model": "qwen3-32b", "traffic_percentage": 20},
            ]
        }
    },
}


def written(tmp_path: Path, config: Any) -> str:
    file = tmp_path / "gatehouse.yaml"
    file.write_text(config if isinstance(config, str) else json.dumps(config, indent=2))
    return str(file)


def test_the_version() -> None:
    assert re.fullmatch(r"gatehouse \d+\.\d+\.\d+(-\S+)?\n", run("--version").stdout)


def test_check_says_that_a_file_is_valid_and_what_looks_odd(tmp_path: Path) -> None:
    file = written(tmp_path, VALID)
    environment = clean_environment(tmp_path, SPARE_KEY="sk-check-canary")
    result = run("check", "--config", file, environment=environment)
    assert result.stdout.splitlines() == [
        f"{file}: warning: No model service uses main.providers.spare.",
        f"{file} is valid: 1 model service, 2 provider services.",
    ]
    assert "canary" not in result.stdout + result.stderr


def test_check_lists_every_problem_with_its_line_as_serve_would(tmp_path: Path) -> None:
    wrong = "server: {max_connections: none}\nmodel_services:\n  main.ai.x: {destination: []}\n"
    file = written(tmp_path, wrong)
    result = run("check", "--config", file, check=False)
    assert result.returncode == 1 and result.stdout == ""
    problems = result.stderr.splitlines()
    assert len(problems) >= 2 and problems[0].startswith(f"{file}:1: ") and problems[1].startswith(f"{file}:3: ")
    served = run("serve", "--port", "0", "--data", str(tmp_path / "d"), "--config", file, check=False)
    assert all(problem in served.stderr for problem in problems)


def test_check_reads_the_certificate(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("not a key")
    tls = {"certificate": str(tmp_path / "none.pem"), "key": str(tmp_path / "key.pem")}
    result = run("check", "--config", written(tmp_path, {"simulator": True, "server": {"tls": tls}}), check=False)
    assert result.returncode == 1 and "none.pem" in result.stderr


def test_models_says_who_answers(tmp_path: Path) -> None:
    environment = clean_environment(tmp_path, SPARE_KEY="sk-check-canary")
    listed = run("models", "--config", written(tmp_path, VALID), "--format", "json", environment=environment)
    assert json.loads(listed.stdout) == [
        {
            "name": "main.ai.helper",
            "answered_by": "main.providers.vllm",
            "models": "qwen3-8b (80 %), qwen3-32b (20 %)",
            "fallback": None,
            "native_api_types": "openai/v1/chat/completions, openai/v1/embeddings",
        }
    ]


def test_models_without_a_file_lists_what_the_gateway_serves(gateway: Gateway) -> None:
    listed = json.loads(run("models", "--format", "json").stdout)
    served = gateway.get("/openai/v1/models").json()["data"]
    assert {model["name"] for model in listed} == {model["id"] for model in served}
    assert {model["answered_by"] for model in listed} == {"simulator"}
    environment = clean_environment(Path("/nonexistent"), OPENAI_API_KEY="sk-models-canary")
    listed = json.loads(run("models", "--format", "json", environment=environment).stdout)
    assert {model["answered_by"] for model in listed} == {"simulator", "system.providers.openai"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions(shell: str) -> None:
    script = run("--generate-completion-script", shell).stdout
    for word in ("serve", "check", "models", "token"):
        assert word in script


def test_the_manual_page_has_every_command_and_option() -> None:
    made = subprocess.run(
        [sys.executable, str(ROOT / "Scripts/make-man.py"), str(BINARY)], capture_output=True, text=True, check=True
    )
    text = made.stdout.replace("\\-", "-")
    for word in ("gatehouse serve", "gatehouse token create", "--insecure", "--lifetime-days", "GATEHOUSE_ADMIN_TOKEN"):
        assert word in text
    assert not [
        line for line in made.stdout.splitlines() if line.startswith(".") and not re.match(r"\.(TH|S[HS]|TP|PP)", line)
    ]


@pytest.mark.parametrize("accept", ["*/*", None])
def test_the_root_says_what_this_is_in_plain_text(gateway: Gateway, accept: str | None) -> None:
    answer = gateway.get("/", headers={"accept": accept} if accept else {})
    assert answer.status_code == 200 and answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert f"{gateway.url}/openai/v1" in answer.text and "Gatehouse" in answer.text
    assert gateway.token not in answer.text


def test_the_root_is_a_page_for_browsers(gateway: Gateway) -> None:
    headers = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
    answer = gateway.get("/", headers=headers)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["vary"] == "accept"
    assert "<script" not in answer.text and f"{gateway.url}/anthropic" in answer.text


def test_a_hostile_host_is_not_repeated_in_the_page(gateway: Gateway) -> None:
    for host in ("<script>alert(1)</script>", 'a"onload=x', "x" * 300):
        answer = gateway.get("/", headers={"host": host, "accept": "text/html"})
        assert "script>alert" not in answer.text and "onload" not in answer.text and "x" * 256 not in answer.text
