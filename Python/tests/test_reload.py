# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""The configuration file: SIGHUP and a change of the file take effect, a bad file changes nothing and says why."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
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


def test_a_reload_keeps_the_connections_of_what_did_not_change(launch: Any, upstream: Upstream) -> None:
    config = upstream_config(upstream)
    for provider in config["provider_services"].values():
        provider["timeouts"] = {"keep_alive": "60s"}
    gateway: Gateway = launch(config)

    def connection_of(client: Connection, model: str) -> int:
        """The upstream connection that serves a request; requests of one client have one pool."""
        client.request(CHAT, {"model": model, "messages": []})
        assert client.response().status == 200
        return upstream.requests[-1].connection

    with Connection(gateway) as client:
        before = {model: connection_of(client, model) for model in ["test.ai.openai", "test.ai.custom"]}
        config["model_services"]["test.ai.new"] = service("test.providers.openai", "upstream-new")
        config["provider_services"]["test.providers.custom"]["headers"] = {"x-team": "red"}
        gateway.write_config(config)
        wait_until(lambda: status(gateway, "test.ai.new") == 200, "the new service is there")
        assert connection_of(client, "test.ai.openai") == before["test.ai.openai"]
        assert connection_of(client, "test.ai.new") == before["test.ai.openai"]
        assert connection_of(client, "test.ai.custom") != before["test.ai.custom"]
        assert upstream.requests[-1].header("x-team") == "red"


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


BLANK = {
    "empty": "",
    "only comments": "# model_services:\n#   x: y\n",
    "only a document's start": "---\n",
    "null": "~\n",
    "cut after a key": "provider_services:\n",
    "keys without values": "provider_services:\nmodel_services:\n",
    "a byte order mark": "\ufeff",
}


@pytest.mark.parametrize("stem", BLANK)
def test_a_file_that_says_nothing_keeps_the_last_good_one_and_is_no_start(
    launch: Any, upstream: Upstream, stem: str
) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    gateway.write_config(BLANK[stem])
    wait_until(lambda: problems(gateway), "the problem shows in /ready")
    assert status(gateway, "test.ai.openai") == 200
    assert gateway.stop() == 0
    assert gateway.spawn().wait(30) == 1
    assert "gatehouse.yaml" in gateway.stderr.splitlines()[-1] and "`{}`" in gateway.stderr.splitlines()[-1]


def test_an_empty_mapping_is_an_empty_configuration(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    gateway.write_config("{}")
    wait_until(lambda: status(gateway, "test.ai.openai") == 404, "the models are gone")
    assert problems(gateway) == []


def test_a_byte_order_mark_is_no_trouble(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch("\ufeff" + json.dumps(upstream_config(upstream)))
    assert status(gateway, "test.ai.openai") == 200
    gateway.write_config("\ufeff" + json.dumps(with_new_service(upstream)))
    wait_until(lambda: status(gateway, "test.ai.new") == 200, "the new service is there")


def test_a_file_that_is_being_written_is_not_read(launch: Any, upstream: Upstream) -> None:
    """Written line by line as YAML each beginning of which is valid: no call ever misses its model."""
    config = upstream_config(upstream)
    lines = ["provider_services:", *(f"  {name}: {json.dumps(v)}" for name, v in config["provider_services"].items())]
    lines += ["model_services:", *(f"  {name}: {json.dumps(v)}" for name, v in config["model_services"].items())]
    gateway: Gateway = launch("\n".join(lines) + "\n")
    for number in range(10):
        lines.append(f"  test.ai.new{number}: " + json.dumps(service("test.providers.openai", "upstream-new")))
        longest, statuses = 0.0, []
        with open(gateway.config_file, "r+") as file:
            file.truncate(0)
            last = time.monotonic()
            for line in lines:
                time.sleep(0.05)
                file.write(line + "\n")
                file.flush()
                longest, last = max(longest, time.monotonic() - last), time.monotonic()
                statuses.append(status(gateway, "test.ai.custom"))
        # On a machine that is so busy that the file came to rest in between, nothing is shown: try again.
        if longest < 0.2:
            assert set(statuses) == {200}
            assert "cannot be used" not in gateway.stderr
            break
    wait_until(lambda: status(gateway, f"test.ai.new{number}") == 200, "the new service is there")


def test_what_takes_a_restart_is_reported_and_the_rest_takes_effect(launch: Any, upstream: Upstream) -> None:
    config = upstream_config(upstream)
    gateway: Gateway = launch(config)
    changed = {**with_new_service(upstream), "server": {"max_body_bytes": "1MiB"}}
    gateway.write_config(changed)
    wait_until(lambda: status(gateway, "test.ai.new") == 200, "the new service is there")
    [problem] = problems(gateway)
    assert "`server`" in problem and "restart" in problem
    assert gateway.get("/ready", headers={}).json() == {"status": "ready"}
    wait_until(lambda: "restart" in gateway.stderr, "it is logged")
    gateway.write_config({**changed, "server": {}})
    wait_until(lambda: problems(gateway) == [], "the change is taken back")

    gateway.write_config({**config, "simulator": True})
    [problem] = wait_until(lambda: problems(gateway), "the simulator is reported")
    assert "simulator" in problem and "restart" in problem.lower() and "gatehouse.yaml:" in problem
    assert status(gateway, "test.ai.new") == 200, "a file that cannot be used has changed something"


def test_tokens_and_files_that_change_at_once_both_take_effect(launch: Any, upstream: Upstream) -> None:
    config = upstream_config(upstream)
    gateway: Gateway = launch(config)
    assert gateway.process
    for number in range(10):
        name = f"test.ai.new{number}"
        config["model_services"][name] = service("test.providers.openai", name)
        gateway.write_config(config)
        words = gateway.run("token", "create", "--user", f"user{number}@example.com", "--admin").stdout.split()
        gateway.process.send_signal(signal.SIGHUP)
        token = max(words, key=len)

        def works(token: str = token, name: str = name) -> bool:
            body = {"model": name, "messages": []}
            return gateway.post(CHAT, body, headers={"Authorization": f"Bearer {token}"}).status_code == 200

        wait_until(works, "the new token may call the new service")
        assert works(), "an older configuration came back"


@pytest.mark.parametrize("key", ['"sk-quoted"', "sk-quoted\n", " sk-quoted", "'sk-quoted'", "sk two", "sk\ntwo", ""])
def test_a_key_that_no_header_can_carry_is_named(launch: Any, upstream: Upstream, key: str) -> None:
    config = upstream_config(upstream)
    config["provider_services"]["test.providers.openai"]["api_key"] = "${KEY}"
    gateway: Gateway = launch(upstream_config(upstream), environment={"KEY": key})
    assert gateway.stop() == 0
    gateway.write_config(config)
    assert gateway.spawn().wait(30) == 1
    assert "provider_services.test.providers.openai.api_key" in gateway.stderr
    assert "quoted" not in gateway.stderr and "two" not in gateway.stderr
