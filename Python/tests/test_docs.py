# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""The documents' examples run as they are printed.

A fenced block is run if the line before it is a comment that says so:

    <!-- run -->                     bash, python, or sql of several statements: it must succeed
    <!-- run: prints "some text" --> and print this
    <!-- config -->                  yaml: the gateway must start with it; variables and mounted secrets are "x"

The blocks of a document run in order, against one gateway. The address that the documents use and the two commands are
replaced by those of the test; the token is in the environment. Blocks without a comment are not run.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gateway import BINARY, PATIENCE, ROOT, Gateway, clean_environment

BLOCK = re.compile(
    r"^<!-- (run|config)(?:: prints \"([^\"\n]*)\")? -->\n+```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
DOCUMENTS = [path for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))] if path.exists()]
PRINTED_ADDRESS = re.compile(r"http://(?:127\.0\.0\.1|localhost):8080")


def blocks(kind: str) -> list[Any]:
    found = []
    for path in DOCUMENTS:
        for number, (marker, prints, language, text) in enumerate(BLOCK.findall(path.read_text()), 1):
            if marker == kind:
                found.append(pytest.param(language, text, prints, id=f"{path.relative_to(ROOT)}-{number}"))
    return found


@pytest.mark.parametrize(("language", "text", "prints"), blocks("run"))
def test_an_example_runs_as_printed(gateway: Gateway, tmp_path: Path, language: str, text: str, prints: str) -> None:
    text = PRINTED_ADDRESS.sub(gateway.url, text)
    environment = clean_environment(
        tmp_path,
        DATABRICKS_HOST=gateway.url,
        DATABRICKS_TOKEN=gateway.token,
        GATEHOUSE_TOKEN=gateway.token,
        XDG_DATA_HOME=str(tmp_path / "data"),
    )
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    # Commands of the binary act on the data of the gateway that serves.
    (tmp_path / "data").mkdir()
    (tmp_path / "data/gatehouse").symlink_to(gateway.data)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gatehouse").symlink_to(BINARY)
    environment["PATH"] = f"{tmp_path}/bin:{environment['PATH']}"
    text = text.replace(".build/release/gatehouse", "gatehouse")
    if language == "sql":
        text = "\n".join(f"gatehouse sql -- {shlex.quote(part)}" for part in text.split(";") if part.strip())
    command = [sys.executable, "-c", text] if language == "python" else ["bash", "-euo", "pipefail", "-c", text]
    result = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    # What the gateway answers a refused call begins so; a usage row may well name the error of an attempt.
    assert '{"error_code"' not in result.stdout, result.stdout
    assert prints in result.stdout, result.stdout


@pytest.mark.parametrize(("language", "text", "prints"), blocks("config"))
def test_a_configuration_example_is_accepted(
    launch: Any, tmp_path: Path, language: str, text: str, prints: str
) -> None:
    assert language == "yaml"
    # Secrets that are mounted are files of the test.
    for path in re.findall(r"/var/run/secrets/[\w./-]+", text):
        file = tmp_path / path.replace("/", "-")
        file.write_text("x")
        text = text.replace(path, str(file))
    names = set(re.findall(r"\$\{(\w+)\}", text))
    gateway: Gateway = launch(text, environment={name: "x" for name in names})
    assert gateway.get("/ready").json() == {"status": "ready"}


def test_there_are_examples_to_run() -> None:
    assert len(blocks("run")) >= 2
