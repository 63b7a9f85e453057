# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""The newcomer's path: what the README shows is what a first start, a first request and a wrong token give.

It prints how long each step took (`pytest -s`), and asserts no times.
"""

from __future__ import annotations

import re
import subprocess
import time
from typing import Any

from gateway import ROOT, Gateway

README = (ROOT / "README.md").read_text()


def shown(language: str, words: str) -> str:
    """The block of the README in this language that holds these words."""
    [block] = [text for text in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if words in text]
    return block


def plain(text: str) -> list[str]:
    """Lines without what differs from start to start: times, ports, tokens, directories."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000", "TIME", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", text)
    text = re.sub(r"(keep it\): )\S+", r"\1TOKEN", text)
    text = re.sub(r"(Data directory: )\S+", r"\1DIRECTORY", text)
    text = re.sub(r'"id":"chatcmpl-[^"]+"', '"id":"ID"', text)
    text = re.sub(r'"created":\d+', '"created":0', text)
    return text.splitlines()


def test_the_first_start_the_first_answer_and_the_first_refusal(launch: Any) -> None:
    begin = time.monotonic()
    gateway: Gateway = launch(token=None)
    started = time.monotonic()
    lines = gateway.stdout.splitlines()
    assert plain("\n".join([lines[0], *gateway.stderr.splitlines(), *lines[1:]])) == plain(shown("text", "listening"))
    token = lines[0].split()[-1]

    def run(script: str) -> str:
        script = script.replace("http://127.0.0.1:8080", gateway.url)
        environment = {**gateway.environment, "DATABRICKS_TOKEN": token}
        done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    assert plain(run(shown("bash", "-u token:"))) == plain(shown("json", "chat.completion"))
    answered = time.monotonic()
    assert plain(run(shown("bash", "Bearer wrong"))) == plain(shown("json", "UNAUTHENTICATED"))
    refused = time.monotonic()
    steps = {"start": started - begin, "answer": answered - started, "refusal": refused - answered}
    print({step: f"{seconds * 1000:.0f} ms" for step, seconds in steps.items()})
