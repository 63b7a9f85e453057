# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""The configuration file: SIGHUP and a change of the file take effect, a bad file changes nothing and says why."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from typing import Any

import bodies
import pytest
from config import service, upstream_config
from gateway import Gateway, wait_until
from rawhttp import Connection
from upstream import Exchange, Upstream

CHAT = "/openai/v1/chat/completions"


def status(gateway: Gateway, model: str) -> int:
    return gateway.post(CHAT, {"model": model, "messages": []}).status_code


def with_new_service(upstream: Upstream) -> dict[str, Any]:
    config = upstream_config(upstream)
    config["model_services"]["test.ai.new"] = service("test.providers.openai", "upstream-new")
    del config["model_services"]["test.ai.custom"]
    return config


def problems(gateway: Gateway) -> list[str]:
    return gateway.get("/ready").json().get("problems", [])


def test_a_change_of_the_file_takes_effect(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    assert (status(gateway, "test.ai.new"), status(gateway, "test.ai.custom")) == (404, 200)
    gateway.write_config(with_new_service(upstream))
    wait_until(lambda: status(gateway, "test.ai.new") == 200, "the new service is there")
    assert status(gateway, "test.ai.custom") == 404
    assert upstream.requests[-1].json["model"] == "upstream-new"


def test_sighup_takes_effect(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    assert gateway.process
    # Written in place with the same length and time: only the signal tells.
    stat = gateway.config_file.stat()
    text = gateway.config_file.read_text().replace("upstream-openai", "upstream-other-"[:15])
    assert len(text) == stat.st_size
    gateway.config_file.write_text(text)
    os.utime(gateway.config_file, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    def changed() -> bool:
        gateway.process.send_signal(signal.SIGHUP)  # type: ignore[union-attr]
        status(gateway, "test.ai.openai")
        return upstream.requests[-1].json["model"] == "upstream-other-"

    wait_until(changed, "the signal takes effect")


BAD = {
    "not YAML": "model_services: {",
    "an unknown key": '{"model_servces": {}}',
    "an unknown provider": json.dumps({"model_services": {"test.ai.x": service("test.providers.nobody", "m")}}),
    "a variable that is not set": '{"workspace": {"id": "${GATEHOUSE_TEST_NOT_SET}"}}',
}


@pytest.mark.parametrize("stem", BAD)
def test_a_bad_file_keeps_the_last_good_one_and_shows_in_ready(launch: Any, upstream: Upstream, stem: str) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    assert problems(gateway) == []
    gateway.write_config(BAD[stem])
    found = wait_until(lambda: problems(gateway), "the problem shows in /ready")
    assert gateway.config_file.name in " ".join(found)
    assert gateway.get("/ready").status_code == 200
    assert status(gateway, "test.ai.openai") == 200
    wait_until(lambda: gateway.config_file.name in gateway.stderr, "the problem is logged")

    gateway.write_config(with_new_service(upstream))
    wait_until(lambda: status(gateway, "test.ai.new") == 200, "the mended file takes effect")
    assert problems(gateway) == []


def test_a_file_that_vanishes_keeps_the_last_good_one(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    gateway.config_file.unlink()
    wait_until(lambda: problems(gateway), "the problem shows in /ready")
    assert status(gateway, "test.ai.openai") == 200


@pytest.mark.parametrize("stem", BAD)
def test_there_is_no_start_with_a_bad_file(launch: Any, upstream: Upstream, stem: str) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    assert gateway.stop() == 0
    gateway.write_config(BAD[stem])
    process = gateway.spawn()
    assert process.wait(30) != 0
    assert "gatehouse.yaml" in gateway.stderr
    assert "line" in gateway.stderr or ":1" in gateway.stderr


def test_a_key_that_is_unknown_is_named_with_its_line(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    assert gateway.stop() == 0
    gateway.write_config("workspace: {id: '1'}\nserver:\n  max_body_bites: 5\n")
    process = gateway.spawn()
    assert process.wait(30) != 0
    assert "gatehouse.yaml:3" in gateway.stderr
    assert "max_body_bites" in gateway.stderr


def test_streams_under_way_do_not_notice_a_reload(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    go_on = threading.Event()

    async def pause(exchange: Exchange) -> None:
        if not exchange.request.json.get("stream"):
            return await bodies.answer(exchange)
        events = bodies.chat_events(usage=False)
        await exchange.begin_stream()
        await exchange.chunk(bodies.data(events[0]))
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        await exchange.chunk(bodies.data(*events[1:]))
        await exchange.end_stream()

    upstream.script(pause)
    with Connection(gateway) as connection:
        connection.request(CHAT, {"model": "test.ai.custom", "messages": [], "stream": True})
        head = connection.response_head()
        config = with_new_service(upstream)
        del config["provider_services"]["test.providers.custom"]
        gateway.write_config(config)
        wait_until(lambda: status(gateway, "test.ai.new") == 200, "the new service is there")
        go_on.set()
        assert head.status == 200
        connection.until(b"[DONE]")
    [row] = gateway.usage("service_name = 'test.ai.custom'")
    assert row["status_code"] == 200


def test_grants_of_a_new_file_hold_at_once(launch: Any, upstream: Upstream) -> None:
    config = upstream_config(upstream, users={"eve@example.com": {"groups": ["all"]}})
    gateway: Gateway = launch(config)
    token = gateway.create_token("eve@example.com")

    def eve() -> int:
        body = {"model": "test.ai.openai", "messages": []}
        return gateway.post(CHAT, body, headers={"Authorization": f"Bearer {token}"}).status_code

    assert eve() == 403
    grants = [{"principal": "all", "privileges": ["ALL_PRIVILEGES"], "on": {"catalog": "test"}}]
    gateway.write_config({**config, "grants": grants})
    wait_until(lambda: eve() == 200, "the grant holds")
    gateway.write_config(config)
    wait_until(lambda: eve() == 403, "the grant is gone")
