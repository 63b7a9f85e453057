# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""`gatehouse simulate`: the simulator alone, as an upstream for the vendors' SDKs and for a gateway."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anthropic import Anthropic
from config import service
from gateway import BINARY, Gateway, clean_environment, wait_until
from google import genai
from google.genai import types
from openai import OpenAI
from test_upstream_connections import free_port

QUESTION: list[Any] = [{"role": "user", "content": "What is Databricks?"}]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory: Path = tmp_path_factory.mktemp("simulator")
    port = free_port()
    with open(directory / "output", "wb") as output:
        process = subprocess.Popen(
            [str(BINARY), "simulate", "--port", str(port)],
            stdout=output,
            stderr=output,
            env=clean_environment(directory),
        )
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: url in (directory / "output").read_text(), "the simulator listens")
    yield url
    process.terminate()
    assert process.wait(30) == 0


def test_it_speaks_to_the_official_sdks_directly(simulator: str) -> None:
    openai = OpenAI(api_key="x", base_url=simulator + "/v1", max_retries=0)
    assert openai.chat.completions.create(model="gpt-5", messages=QUESTION).choices[0].message.content
    assert openai.responses.create(model="gpt-5", input="What is Databricks?").output_text
    anthropic = Anthropic(api_key="x", base_url=simulator, max_retries=0)
    assert anthropic.messages.create(model="claude-sonnet-4-5", max_tokens=99, messages=QUESTION).content
    gemini = genai.Client(api_key="x", http_options=types.HttpOptions(base_url=simulator))
    assert gemini.models.generate_content(model="gemini-3-1-pro", contents="What is Databricks?").text


def test_it_says_the_same_every_time(simulator: str) -> None:
    openai = OpenAI(api_key="x", base_url=simulator + "/v1", max_retries=0)
    answers = {
        openai.chat.completions.create(model="gpt-5", messages=QUESTION).choices[0].message.content for _ in range(5)
    }
    assert len(answers) == 1


def test_a_gateway_in_front_of_it(launch: Any, simulator: str) -> None:
    config = {
        "provider_services": {
            "main.providers.openai": {"provider_type": "openai", "base_url": simulator + "/v1", "api_key": "x"},
            "main.providers.anthropic": {"provider_type": "anthropic", "base_url": simulator, "api_key": "x"},
            "main.providers.gemini": {"provider_type": "gemini", "base_url": simulator, "api_key": "x"},
        },
        "model_services": {
            "main.ai.gpt": service("main.providers.openai", "gpt-5"),
            "main.ai.claude": service("main.providers.anthropic", "claude-sonnet-4-5"),
            "main.ai.gemini": service("main.providers.gemini", "gemini-3-1-pro"),
        },
    }
    gateway: Gateway = launch(config)
    client = OpenAI(api_key=gateway.token, base_url=gateway.url + "/mlflow/v1", max_retries=0)
    for name in config["model_services"]:
        answer = client.chat.completions.create(model=name, messages=QUESTION)
        assert answer.choices[0].message.content
