# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Health, readiness, metrics, logs: honest figures, no content."""

from __future__ import annotations

import re
from typing import Any

from config import upstream_config
from gateway import Gateway, wait_until
from upstream import Upstream

CHAT = "/openai/v1/chat/completions"
ASK = {"model": "test.ai.openai", "messages": [{"role": "user", "content": "prompt-canary"}]}


def metrics(gateway: Gateway) -> dict[str, float]:
    """Samples by name and labels; checks the text format on the way."""
    response = gateway.get("/metrics", headers={})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    samples, types = {}, {}
    for line in response.text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types, f"{name} has two types"
            types[name] = kind
        elif line and not line.startswith("#"):
            match = re.fullmatch(r'([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})? (\S+)', line)
            assert match, line
            base = re.sub(r"_(bucket|sum|count|total)$", "", match.group(1))
            assert match.group(1) in types or base in types, f"{match.group(1)} has no type"
            samples[match.group(1) + (match.group(2) or "")] = float(match.group(3))
    return samples


def total(samples: dict[str, float], prefix: str, *labels: str) -> float:
    return sum(v for k, v in samples.items() if k.startswith(prefix) and all(label in k for label in labels))


def test_health_and_ready_need_no_token(gateway: Gateway) -> None:
    for path in ("/health", "/ready"):
        response = gateway.get(path, headers={})
        assert response.status_code == 200
        assert response.json()["status"] in ("ok", "ready")


def test_requests_latency_tokens_and_errors_are_counted(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    for _ in range(5):
        assert gateway.post(CHAT, ASK).status_code == 200
    upstream.answer({"error": {"message": "x"}}, "503 Down")
    assert gateway.post(CHAT, ASK).status_code == 503
    assert gateway.post(CHAT, ASK, headers={}).status_code == 401
    assert gateway.post(CHAT, ASK, headers={"Authorization": "Bearer dapi-wrong"}).status_code == 401

    wait_until(lambda: total(metrics(gateway), "gatehouse_requests_total") == 6, "all requests are counted")
    samples = metrics(gateway)
    assert total(samples, "gatehouse_requests_total", 'service="test.ai.openai"', 'status="200"') == 5
    assert total(samples, "gatehouse_requests_total", 'status="503"') == 1
    assert samples["gatehouse_unauthenticated_requests_total"] == 2
    assert total(samples, "gatehouse_upstream_errors_total", "test.providers.openai", "503") == 1
    assert total(samples, "gatehouse_tokens_total", "input") == 5 * 11
    assert total(samples, "gatehouse_tokens_total", "output") == 5 * 7
    assert total(samples, "gatehouse_request_duration_seconds_count") == 6
    assert total(samples, "gatehouse_time_to_first_byte_seconds_count") >= 5
    for gauge in ("gatehouse_connections", "gatehouse_request_body_bytes", "gatehouse_usage_queue_depth"):
        assert samples[gauge] >= 0


def test_gauges_return_to_rest(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    for _ in range(20):
        gateway.post(CHAT, ASK)
        gateway.post(CHAT, b"{")
    rest = {"gatehouse_connections": 1, "gatehouse_request_body_bytes": 0, "gatehouse_usage_queue_depth": 0}

    def at_rest() -> bool:
        samples = metrics(gateway)
        return all(samples[name] == value for name, value in rest.items())

    wait_until(at_rest, f"the gauges are {rest}")


def test_labels_come_from_the_catalogue_and_not_from_callers(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    for number in range(50):
        gateway.post(CHAT, {**ASK, "model": f"made-up-{number}"})
        gateway.post(f"/made-up-{number}", ASK)
        gateway.post(f"/serving-endpoints/made-up-{number}/invocations", ASK)
    assert "made-up" not in gateway.get("/metrics").text
    assert len(metrics(gateway)) < 2000


def test_one_log_line_per_request_at_debug_level_and_none_above(launch: Any, upstream: Upstream) -> None:
    for level, lines in (("debug", 1), ("info", 0)):
        gateway: Gateway = launch(upstream_config(upstream), arguments=("--log-level", level))
        response = gateway.post(CHAT, ASK)
        identifier = response.headers["x-request-id"]
        if lines:
            wait_until(lambda g=gateway, i=identifier: i in g.stderr, "the request is logged")
        found = [line for line in gateway.stderr.splitlines() if identifier in line]
        assert len(found) == lines
        assert "prompt-canary" not in gateway.output
        if found:
            assert "test.ai.openai" in found[0] and "200" in found[0]


def test_every_answer_has_a_request_id_of_its_own(gateway: Gateway) -> None:
    seen = set()
    for path in (CHAT, "/nonsense", "/gemini/v1beta/models/x:generateContent", "/anthropic/v1/messages"):
        for headers in ({}, {**gateway.bearer, "x-request-id": "mine"}):
            identifier = gateway.post(path, ASK, headers=headers).headers["x-request-id"]
            assert identifier != "mine" and re.fullmatch(r"[0-9a-f-]{36}", identifier)
            seen.add(identifier)
    assert len(seen) == 8
