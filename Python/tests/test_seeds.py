# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Every example of Databricks' own query pages runs against Gatehouse with only host and token changed.

`seeds/` holds the examples, one file each, as the pages print them (the pages lost their indentation; it is restored).
`NNN-` is the page: 000 "Query AI Gateway endpoints", 001 "Query Unity AI Gateway endpoints", 002 "Use model services",
003 "Query foundation models by type", 004 "Query model services". Their SQL examples come with the SQL front.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gateway import PATIENCE, Gateway, clean_environment

SEEDS = Path(__file__).parent / "seeds"

CHAT_MODELS = [
    "databricks-gpt-5-4",
    "databricks-claude-sonnet-4",
    "databricks-gemini-3-1-pro",
    "databricks-gpt-oss-120b",
]

#: What `<ai-gateway-endpoint>` stands for, by the example's name without its page number.
ENDPOINTS = {
    "mlflow-chat": CHAT_MODELS,
    "request-tags": CHAT_MODELS,
    "request-tags-openai": CHAT_MODELS,
    "mlflow-embeddings": ["databricks-gte-large-en"],
    "openai-responses": ["databricks-gpt-5-4"],
    "supervisor": ["databricks-gpt-5-4"],
    "anthropic-messages": ["databricks-claude-sonnet-4"],
    "request-tags-anthropic": ["databricks-claude-sonnet-4"],
    "gemini": ["databricks-gemini-3-1-pro"],
}

#: Where the request formats, which are bodies without an address, are sent.
BODY_PATHS = {
    "003-chat-request-format.json": "/serving-endpoints/databricks-claude-sonnet-4-5/invocations",
    "003-responses-request-format.json": "/serving-endpoints/responses",
    "002-caching-text.json": "/serving-endpoints/databricks-claude-sonnet-4-5/invocations",
    "002-caching-image.json": "/serving-endpoints/databricks-claude-sonnet-4-5/invocations",
    "002-caching-reasoning.json": "/serving-endpoints/databricks-claude-sonnet-4-5/invocations",
    "002-caching-tool-call.json": "/serving-endpoints/databricks-claude-sonnet-4-5/invocations",
}

#: What stands around the fragments of the page about prompt caching, which show one message of the assistant alone.
QUESTION = {"role": "user", "content": "What is the weather in New York?"}
AROUND = {
    "002-caching-reasoning.json": ([QUESTION], [{"role": "user", "content": "And in Boston?"}]),
    "002-caching-tool-call.json": ([QUESTION], [{"role": "tool", "tool_call_id": "123", "content": "Sunny."}]),
}

#: Snippets that go on where others end.
CONTINUES = {
    "003-reasoning-next-turn-without.py": ["003-reasoning-claude.py"],
    "003-reasoning-next-turn-with.py": ["003-reasoning-claude.py", "003-reasoning-next-turn-without.py"],
}

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000000"
    "000500010d0a2db40000000049454e44ae426082"
)


def cases(suffix: str) -> list[Any]:
    """The examples of one kind, each with every endpoint that it is run with."""
    found = []
    for path in sorted(SEEDS.glob(f"*{suffix}")):
        named = "<ai-gateway-endpoint>" in path.read_text()
        for endpoint in ENDPOINTS[path.stem[4:]] if named else [""]:
            found.append(pytest.param(path.name, endpoint, id=f"{path.stem}-{endpoint}".strip("-")))
    return found


def example(name: str, endpoint: str, gateway: Gateway) -> str:
    """The text of an example with the host in its place. Tokens come from the environment, as the pages have it."""
    text = (SEEDS / name).read_text()
    for host in ("https://<workspace-url>", "https://<ai-gateway-url>"):
        text = text.replace(host, gateway.url)
    # The page has no real media in its requests; one pixel stands in for them.
    for blank in ("<base64_encoded_data>", "[content]"):
        text = text.replace(blank, "iVBORw0KGgo=")
    return text.replace("<ai-gateway-endpoint>", endpoint)


def environment(gateway: Gateway) -> dict[str, str]:
    return {
        "DATABRICKS_HOST": gateway.url,
        "DATABRICKS_TOKEN": gateway.token,
        "DATABRICKS_BASE_URL": gateway.url + "/ai-gateway/mlflow/v1",
        "YOUR_DATABRICKS_TOKEN": gateway.token,
        "YOUR_DATABRICKS_BASE_URL": gateway.url + "/ai-gateway/mlflow/v1",
    }


class Notebook:
    """A stand-in for `dbutils`, which exists in notebooks only: every link of its chain, down to the values."""

    def __init__(self, gateway: Gateway) -> None:
        self.notebook = SimpleNamespace(entry_point=self)
        self._gateway = gateway

    def getDbutils(self) -> Any:
        context = SimpleNamespace(
            apiUrl=lambda: SimpleNamespace(get=lambda: self._gateway.url),
            apiToken=lambda: SimpleNamespace(get=lambda: self._gateway.token),
        )
        return SimpleNamespace(notebook=lambda: SimpleNamespace(getContext=lambda: context))


@pytest.mark.parametrize(("name", "endpoint"), cases(".py"))
def test_a_python_example_runs(
    name: str,
    endpoint: str,
    gateway: Gateway,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    for key, value in environment(gateway).items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(tmp_path)
    # The pages read local media and download pictures; the tests are offline.
    for media in ("video.mp4", "audio.mp3"):
        Path(media).write_bytes(b"\0" * 64)
    picture = SimpleNamespace(content=PIXEL, raise_for_status=lambda: None)
    monkeypatch.setattr("requests.get", lambda url: picture)

    scope: dict[str, Any] = {"__name__": "__main__", "dbutils": Notebook(gateway), "text_content": "It scatters."}
    for part in [*CONTINUES.get(name, []), name]:
        source = example(part, endpoint, gateway)
        exec(compile(source, part, "exec"), scope)
    printed = capsys.readouterr().out
    assert printed.strip() or "print(" not in source


@pytest.mark.parametrize(("name", "endpoint"), cases(".sh"))
def test_a_curl_example_runs(name: str, endpoint: str, gateway: Gateway, tmp_path: Path) -> None:
    result = subprocess.run(
        ["bash", "-c", example(name, endpoint, gateway)],
        capture_output=True,
        text=True,
        env=clean_environment(tmp_path, **environment(gateway)),
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stderr
    assert '"error_code"' not in result.stdout, result.stdout
    if result.stdout.startswith("data: "):
        assert result.stdout.rstrip().endswith("data: [DONE]")
    else:
        answer = json.loads(result.stdout)
        assert {"choices", "output", "content", "candidates", "data"} & answer.keys(), answer


@pytest.mark.parametrize("name", BODY_PATHS)
def test_a_request_format_is_accepted_and_its_answer_has_the_documented_format(name: str, gateway: Gateway) -> None:
    body = json.loads(example(name, "", gateway))
    before, after = AROUND.get(name, ([], []))
    if before:
        body["messages"] = [*before, *body["messages"], *after]
    response = gateway.post(BODY_PATHS[name], body)
    assert response.status_code == 200, response.text
    answer = response.json()
    if "responses" in name:
        assert answer["object"] == "response"
        assert answer["output"][-1]["type"] == "message"
        assert {"input_tokens", "output_tokens", "total_tokens"} <= answer["usage"].keys()
    else:
        assert answer["object"] == "chat.completion"
        assert {"message", "index", "finish_reason"} <= answer["choices"][0].keys()
        assert {"prompt_tokens", "completion_tokens", "total_tokens"} <= answer["usage"].keys()


def test_request_tags_of_the_examples_stand_in_the_usage_table(gateway: Gateway) -> None:
    tags = {"project": "chatbot", "team": "ml-platform"}
    body = {"model": "databricks-gpt-5-4", "messages": [{"role": "user", "content": "What is Databricks?"}]}
    headers = {**gateway.bearer, "Databricks-Ai-Gateway-Request-Tags": json.dumps(tags)}
    response = gateway.post("/ai-gateway/mlflow/v1/chat/completions", body, headers=headers)
    assert response.status_code == 200, response.text
    [row] = gateway.usage(f"request_id = '{response.headers['x-request-id']}'")
    assert json.loads(row["request_tags"]) == tags
