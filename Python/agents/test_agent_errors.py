# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Coding agents know what the errors of another vendor's models mean (errors-06, errors-07)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from coding_agents import claude, codex
from config import upstream_config
from gateway import PATIENCE, Gateway
from upstream import Upstream

#: How Anthropic and OpenAI answer, and what Codex says to its user.
CODEX = [
    ("400 Bad", "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum", "ran out of room", 1),
    ("400 Bad", "invalid_request_error", "Your credit balance is too low to access the API.", "Quota exceeded", 1),
    ("400 Bad", "invalid_request_error", "messages.0: Could not process image", "Invalid image", 1),
    ("529 Overloaded", "overloaded_error", "Overloaded", "at capacity", 20),
]


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Gateway]:
    running = Gateway(tmp_path_factory.mktemp("gateway"), upstream_config(upstream)).start()
    yield running
    assert running.stop() == 0, running.output


def test_claude_code_gives_up_at_once_on_a_bad_token(gateway: Gateway, tmp_path: Path) -> None:
    start = time.monotonic()
    said = claude(gateway, tmp_path, "test.ai.anthropic", "hello", token="dapi-wrong", succeeds=False)
    assert "401" in said
    assert time.monotonic() - start < PATIENCE


def test_claude_code_knows_that_a_prompt_is_too_long_for_a_model_of_openai(
    gateway: Gateway, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.reset()
    message = "This model's maximum context length is 4096 tokens. However, your request has 5000 input tokens."
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": "context_length_exceeded"}
    upstream.answer({"error": error}, "400 Bad Request")
    said = claude(gateway, tmp_path, "test.ai.openai", "hello", succeeds=False)
    assert "Prompt is too long" in said and "4096" in said


@pytest.mark.parametrize(("status", "kind", "message", "told", "requests"), CODEX, ids=[case[3] for case in CODEX])
def test_codex_knows_what_a_model_of_anthropic_means(
    gateway: Gateway, upstream: Upstream, tmp_path: Path, status: str, kind: str, message: str, told: str, requests: int
) -> None:
    upstream.reset()
    body: dict[str, Any] = {"type": "error", "error": {"type": kind, "message": message}}
    upstream.answer(body, status)
    said = codex(gateway, tmp_path, "test.ai.anthropic", "hello", succeeds=False)
    assert told in said
    # What no retry mends is asked for once.
    assert len(upstream.exchanges) <= requests
