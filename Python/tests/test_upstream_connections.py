# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Connections to upstreams are kept, retried once where the upstream had closed them, and bounded."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import bodies
import pytest
from config import upstream_config
from gateway import Gateway, wait_until
from rawhttp import Connection
from upstream import Exchange, Upstream

CHAT = "/openai/v1/chat/completions"
ASK = {"model": "test.ai.openai", "messages": [{"role": "user", "content": "Hello!"}]}


def is_connected(port: int) -> bool:
    """Whether a TCP connection to a port of this machine is open on either side."""
    over = {"06", "07", "0A"}  # TIME_WAIT, CLOSE, LISTEN: linux/include/net/tcp_states.h
    end = f":{port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(
        state not in over and (local.endswith(end) or remote.endswith(end))
        for _, local, remote, state, *_ in (line.split() for line in lines)
    )


def test_a_connection_is_used_again(launch: Any, upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream))
    with gateway.client() as client:
        for _ in range(20):
            assert client.post(CHAT, json=ASK).status_code == 200
    assert upstream.connections == 1


def test_a_connection_that_the_upstream_closed_meanwhile_is_replaced(launch: Any, upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream))

    async def answer_and_close(exchange: Exchange) -> None:
        await bodies.answer(exchange)
        exchange.close()

    upstream.script(answer_and_close)
    with gateway.client() as client:
        for _ in range(20):
            assert client.post(CHAT, json=ASK).status_code == 200
            # A request that meets the end of its connection on the way may have been processed, and fails.
            wait_until(lambda: not is_connected(upstream.port), "the gateway closes its side")
    assert len(upstream.requests) == upstream.connections == 20


@pytest.mark.parametrize("marked", [True, False])
def test_a_request_on_a_connection_that_dies_under_it_is_sent_once_more_where_the_upstream_is_marked_for_it(
    launch: Any, upstream: Upstream, marked: bool
) -> None:
    config = upstream_config(upstream)
    if marked:
        config["provider_services"]["test.providers.openai"]["resend_unanswered"] = True
    gateway = launch(config)
    seen: list[int] = []

    async def die_on_reuse(exchange: Exchange) -> None:
        seen.append(exchange.request.connection)
        if seen.count(exchange.request.connection) > 1:
            exchange.close()  # As a server does whose keep-alive time ran out when the request was under way.
        else:
            await bodies.answer(exchange)

    upstream.script(die_on_reuse)
    with gateway.client() as client:
        assert client.post(CHAT, json=ASK).status_code == 200
        assert client.post(CHAT, json=ASK).status_code == (200 if marked else 502)
    assert seen == ([1, 1, 2] if marked else [1, 1])


def test_a_request_on_a_new_connection_is_never_sent_twice(launch: Any, upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream))

    async def die(exchange: Exchange) -> None:
        exchange.close()

    upstream.script(die)
    assert gateway.post(CHAT, ASK).status_code == 502
    assert len(upstream.requests) == 1


def test_a_request_whose_answer_has_begun_is_never_sent_twice(launch: Any, upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream))

    async def die_inside_the_head(exchange: Exchange) -> None:
        if len(upstream.requests) == 1:
            await bodies.answer(exchange)
        else:
            await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-ty")
            exchange.close()

    upstream.script(die_inside_the_head)
    with gateway.client() as client:
        assert client.post(CHAT, json=ASK).status_code == 200
        assert client.post(CHAT, json=ASK).status_code == 502
    assert len(upstream.requests) == 2


def test_an_answer_without_length_ends_with_its_connection(launch: Any, upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream))

    async def old(exchange: Exchange) -> None:
        content = bodies.dump(bodies.OPENAI_CHAT)
        await exchange.send(b"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n" + content)
        exchange.close()

    upstream.script(old)
    response = gateway.post(CHAT, ASK)
    assert response.json() == bodies.OPENAI_CHAT


def test_interim_answers_are_passed_over(launch: Any, upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream))

    async def hints(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")
        await bodies.answer(exchange)

    upstream.script(hints)
    assert gateway.post(CHAT, ASK).json() == bodies.OPENAI_CHAT


def test_more_calls_than_connections_wait_for_their_turn(launch: Any, upstream: Upstream) -> None:
    config = upstream_config(upstream)
    config["provider_services"]["test.providers.openai"]["max_connections"] = 2
    gateway = launch(config)
    most = 0
    now = 0

    async def slow(exchange: Exchange) -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)
        now -= 1
        await bodies.answer(exchange)

    upstream.script(slow)
    with gateway.client() as client, ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: client.post(CHAT, json=ASK).status_code, range(48)))
    assert answers == [200] * 48
    loops = len([name for name in Path(f"/proc/{gateway.process.pid}/task").iterdir()])
    assert most <= 2 * loops


def test_a_client_that_leaves_while_its_request_waits_for_a_connection_gives_up_its_turn(
    launch: Any, upstream: Upstream
) -> None:
    config = upstream_config(upstream)
    config["provider_services"]["test.providers.openai"]["max_connections"] = 1
    gateway = launch(config)
    go_on = threading.Event()

    async def held(exchange: Exchange) -> None:
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        await bodies.answer(exchange)

    upstream.script(held)
    with ThreadPoolExecutor(16) as pool:
        # One of them has the only connection of its event loop, the others wait for it.
        waiting = [Connection(gateway) for _ in range(16)]
        for connection in waiting:
            connection.request(CHAT, ASK)
        wait_until(lambda: len(upstream.requests) >= 1, "a request goes upstream")
        for connection in waiting:
            connection.socket.close()
        rows = gateway.usage("status_code = 499", count=16, columns="status_code, routing_information")
        assert len(rows) == 16
        sent = len(upstream.requests)
        go_on.set()
        statuses = list(pool.map(lambda _: gateway.post(CHAT, ASK).status_code, range(16)))
    assert statuses == [200] * 16
    assert len(upstream.requests) == sent + 16


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[str]:
    """A real server that closes its connections after three requests."""
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    answer = bodies.dump({**bodies.OPENAI_CHAT, "choices": []}).decode()
    port = free_port()
    temporary = " ".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {tmp_path}/pid; error_log {tmp_path}/error.log; user root;\n"
        "events { worker_connections 1024; }\n"
        f"http {{ access_log off; keepalive_requests 3; client_body_temp_path {tmp_path}/body; {temporary}\n"
        f"  server {{ listen 127.0.0.1:{port};\n"
        f"    location / {{ default_type application/json; return 200 '{answer}'; }} }} }}\n"
    )
    process = subprocess.Popen([binary, "-e", f"{tmp_path}/error.log", "-c", f"{tmp_path}/nginx.conf"])
    wait_until((tmp_path / "pid").exists, "nginx is up")
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_real_server_that_closes_its_connections_all_the_time_causes_no_error(
    launch: Any, nginx: str, upstream: Upstream
) -> None:
    config = upstream_config(upstream)
    config["provider_services"]["test.providers.openai"]["base_url"] = nginx
    gateway: Gateway = launch(config)
    statuses: list[int] = []

    def work() -> None:
        with gateway.client() as client:
            statuses.extend(client.post(CHAT, json=ASK).status_code for _ in range(100))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 800
