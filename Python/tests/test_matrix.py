# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Every client API in front of every kind of upstream, in one piece and streamed (client-04, client-05).

The upstreams are the simulator's, which is as strict as the vendors: it refuses altered signatures, disordered tool
results and members that it does not know. The table in docs/dialects.md is made of the cells that passed;
GATEHOUSE_WRITE_DOCS=1 writes it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from config import service
from gateway import Gateway
from ingress import Client, Options, Refused, Turn, clients

#: The columns: what the upstream speaks, and a simulated model that speaks nothing else.
UPSTREAMS = {
    "OpenAI chat": "system.ai.kimi-k3",
    "OpenAI Responses": "system.ai.gpt-5-4-pro",
    "Anthropic Messages": "system.ai.claude-sonnet-4-5",
    "Gemini": "system.ai.gemini-3-1-pro",
    "Bedrock Converse": "matrix.ai.bedrock-claude",
}
ROWS = [
    "MLflow chat",
    "OpenAI chat",
    "OpenAI Responses",
    "Unified Responses",
    "Anthropic Messages",
    "Gemini generateContent",
]
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"anyOf": [{"const": "C"}, {"type": "null"}]}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
TIME = {
    "name": "get_time",
    "description": "The time of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
TWO_CALLS = (
    'Weather and time, please. [[simulate: call=get_weather args={"city":"Rome"} call=get_time args={"city":"Oslo"}]]'
)
SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string", "enum": ["red", "green"]}, "count": {"type": "integer"}},
    "required": ["colour", "count"],
    "additionalProperties": False,
}

Check = Callable[[Client, str, bool], None]
CHECKS: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    """Puts a check into the table under this name."""

    def add(function: Check) -> Check:
        CHECKS[name] = function
        return function

    return add


def ask(client: Client, model: str, stream: bool, text: str, **options: Any) -> Turn:
    return client.ask(model, [client.user(text)], Options(**options), stream)


@check("text")
def text(client: Client, model: str, stream: bool) -> None:
    turn = ask(client, model, stream, 'Say "caf\u00e9 \U0001f600".', system="You are terse.")
    assert 'Say "caf\u00e9 \U0001f600".' in turn.text and "14 bytes" in turn.text
    assert turn.finish == "stop" and not turn.calls
    assert turn.usage and turn.usage.uncached > 0 and turn.usage.output > 0


@check("limits")
def limits(client: Client, model: str, stream: bool) -> None:
    cut = ask(client, model, stream, "Talk. [[simulate: tokens=300]]", maximum=60)
    assert cut.finish == "length"
    if "Responses" in client.name:
        return  # The API has no stop sequences.
    stopped = ask(client, model, stream, "First second third.", stop=["second"])
    assert "First" in stopped.text and "second" not in stopped.text and stopped.finish == "stop"


@check("tools")
def tools(client: Client, model: str, stream: bool) -> None:
    conversation = [client.user(TWO_CALLS)]
    options = Options(tools=[WEATHER, TIME])
    turn = client.ask(model, conversation, options, stream)
    assert [(call.name, call.arguments) for call in turn.calls] == [
        ("get_weather", {"city": "Rome"}),
        ("get_time", {"city": "Oslo"}),
    ]
    assert turn.finish == "tools" and len({call.id for call in turn.calls}) == 2
    # The results come in the other order.
    results = [(turn.calls[1], "It is 9."), (turn.calls[0], "It rains.")]
    answer = client.ask(model, [*conversation, *turn.replay, *client.results(results)], options, stream)
    assert "It is 9." in answer.text and "It rains." in answer.text and answer.finish == "stop"


@check("forced tool")
def forced_tool(client: Client, model: str, stream: bool) -> None:
    turn = ask(client, model, stream, "Hello.", tools=[WEATHER], force_tool=True)
    assert [call.name for call in turn.calls] == ["get_weather"] and turn.finish == "tools"


@check("reasoning")
def reasoning(client: Client, model: str, stream: bool) -> None:
    conversation = [client.user(TWO_CALLS)]
    options = Options(tools=[WEATHER, TIME], reasoning=True)
    for turns in range(2):
        turn = client.ask(model, conversation, options, stream)
        assert len(turn.calls) == 2, f"turn {turns}"
        # OpenAI's Responses shows thoughts to those who ask for a summary, which chat's parameters cannot.
        hidden = "chat" in client.name and model == UPSTREAMS["OpenAI Responses"]
        assert turn.reasoning or hidden, "the client sees no thoughts"
        results = [(call, f"result of {call.name}") for call in turn.calls]
        conversation += [*turn.replay, *client.results(results)]
        answer = client.ask(model, conversation, options, stream)
        assert "result of get_time" in answer.text and answer.finish == "stop"
        conversation += [*answer.replay, client.user("Again. " + TWO_CALLS)]


@check("stripped reasoning")
def stripped_reasoning(client: Client, model: str, stream: bool) -> None:
    """A client that keeps nothing but texts, calls and their ids (reasoning-01)."""
    conversation = [client.user(TWO_CALLS)]
    options = Options(tools=[WEATHER, TIME], reasoning=True)
    turn = client.ask(model, conversation, options, stream)
    results = [(call, f"result of {call.name}") for call in turn.calls]
    conversation += [*client.strip(turn.replay), *client.results(results)]
    answer = client.ask(model, conversation, options, stream)
    assert "result of get_time" in answer.text and answer.finish == "stop"


@check("images")
def images(client: Client, model: str, stream: bool) -> None:
    turn = client.ask(model, [client.user("What is this?", image=True)], Options(), stream)
    assert "I was shown 1 image." in turn.text


@check("images in results")
def images_in_results(client: Client, model: str, stream: bool) -> None:
    """tools-04"""
    conversation = [client.user(TWO_CALLS)]
    options = Options(tools=[WEATHER, TIME])
    turn = client.ask(model, conversation, options, stream)
    results = client.results([(call, f"result of {call.name}") for call in turn.calls], image=True)
    answer = client.ask(model, [*conversation, *turn.replay, *results], options, stream)
    assert "I was shown 2 images." in answer.text
    # OpenAI's chat has pictures in user messages alone, so the simulator answers the message that brings them.
    assert "result of get_weather" in answer.text or model == UPSTREAMS["OpenAI chat"]


@check("structured output")
def structured_output(client: Client, model: str, stream: bool) -> None:
    turn = ask(client, model, stream, "Pick a colour and a count.", schema=SCHEMA)
    value = json.loads(turn.text)
    assert value["colour"] in ("red", "green") and isinstance(value["count"], int) and len(value) == 2
    assert turn.finish == "stop" and not turn.calls


@check("refusal")
def refusal(client: Client, model: str, stream: bool) -> None:
    turn = ask(client, model, stream, "Do harm. [[simulate: refusal]]")
    assert turn.finish == "refusal"


@check("cached tokens")
def cached_tokens(client: Client, model: str, stream: bool) -> None:
    """usage-01: no bucket is counted twice."""
    long = "word " * 200
    plain = ask(client, model, stream, long + "[[simulate: cached_tokens=0]]")
    cached = ask(client, model, stream, long + "[[simulate: cached_tokens=64]]")
    assert plain.usage and cached.usage
    assert cached.usage.cached == 64
    assert cached.usage.uncached + 64 == plain.usage.uncached + plain.usage.cached


@check("errors")
def refused(client: Client, model: str, stream: bool) -> None:
    with pytest.raises(Refused) as limited:
        ask(client, model, stream, "Hello. [[simulate: status=429 retry_after=7]]")
    assert limited.value.status == 429 and limited.value.retry_after == "7"
    with pytest.raises(Refused) as broken:
        ask(
            client, model, stream, "Hello. [[simulate: error_after=3]]" if stream else "Hello. [[simulate: status=500]]"
        )
    # Inside a stream only Google's SDK tells a status, that of the event.
    assert (broken.value.status or (500 if stream else 0)) >= 500


@check("early end")
def early_end(client: Client, model: str, stream: bool) -> None:
    """stream-09: an answer that was cut off never looks complete."""
    with pytest.raises(Exception) as failure:  # noqa: B017 - each SDK has its own; none may return an answer
        ask(client, model, stream, "Hello. [[simulate: end_after=3]]")
    assert not isinstance(failure.value, AssertionError)


#: What a vendor's API has no way to say; such a cell of the table says why.
IMPOSSIBLE: dict[tuple[str, str, str], str] = {
    (
        row,
        "OpenAI chat",
        "images in results",
    ): "OpenAI's chat takes only text in tool messages, and the relay is exact"
    for row in ("MLflow chat", "OpenAI chat")
} | {
    (row, column, "stripped reasoning"): "the vendor itself refuses such a history, and the relay is exact"
    for row, column in (("Anthropic Messages", "Anthropic Messages"), ("Gemini generateContent", "Gemini"))
}

#: The cells that passed in this session.
PASSED: set[tuple[str, str, str, bool]] = set()


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Any:
    running = Gateway(tmp_path_factory.mktemp("matrix"), MATRIX_CONFIG).start()
    yield clients(running)
    # No state was lost or changed on the way, so the vendors had none to refuse.
    repairs = running.repairs()
    assert running.stop() == 0, running.output
    assert not repairs


#: The models of the built-in catalogue, and one behind the simulator's Bedrock.
MATRIX_CONFIG: dict[str, Any] = {
    "simulator": True,
    "model_services": {
        "matrix.ai.bedrock-claude": service(
            "system.providers.simulator-amazon_bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
        )
    },
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("feature", CHECKS)
@pytest.mark.parametrize("column", UPSTREAMS)
@pytest.mark.parametrize("row", ROWS)
def test_cell(matrix: dict[str, Client], row: str, column: str, feature: str, stream: bool) -> None:
    if (row, column, feature) in IMPOSSIBLE:
        pytest.skip(IMPOSSIBLE[row, column, feature])
    CHECKS[feature](matrix[row], UPSTREAMS[column], stream)
    PASSED.add((row, column, feature, stream))


def table() -> str:
    """The matrix as Markdown: in each cell what passes in both ways."""
    lines = ["| | " + " | ".join(UPSTREAMS) + " |", "|---|" + "---|" * len(UPSTREAMS)]
    for row in ROWS:
        cells = []
        for column in UPSTREAMS:
            refused = [name for name in CHECKS if (row, column, name) in IMPOSSIBLE]
            missing = [
                name
                for name in CHECKS
                if name not in refused and not {(row, column, name, way) for way in (False, True)} <= PASSED
            ]
            cell = "all" if not missing else "not " + ", ".join(missing)
            cells.append(cell + (f"; the vendor refuses {', '.join(refused)}" if refused else ""))
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def test_the_table_in_the_documents_is_what_passed(request: pytest.FixtureRequest) -> None:
    ran = {item.name for item in request.session.items if item.name.startswith("test_cell")}
    if len(ran) < len(ROWS) * len(UPSTREAMS) * len(CHECKS) * 2:
        pytest.skip("only a part of the matrix ran")
    page = Path(__file__).parents[2] / "docs" / "dialects.md"
    text = page.read_text()
    block = re.compile(r"(<!-- matrix -->\n).*?(\n<!-- end of matrix -->)", re.DOTALL)
    assert block.search(text), "docs/dialects.md has no place for the matrix"
    written = block.sub(lambda found: found[1] + table() + found[2], text)
    if os.environ.get("GATEHOUSE_WRITE_DOCS"):
        page.write_text(written)
    assert page.read_text() == written, "run the tests with GATEHOUSE_WRITE_DOCS=1 to write the table"
