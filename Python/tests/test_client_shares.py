# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""One client, known or not, takes nothing from the others: memory, connections, descriptors."""

from __future__ import annotations

import asyncio
import os
import resource
import time
from pathlib import Path
from typing import Any

import bodies
import pytest
from config import upstream_config
from gateway import Gateway, wait_until
from rawhttp import Connection
from upstream import Exchange, Upstream

CHAT = "/openai/v1/chat/completions"
RESPONSES = "/openai/v1/responses"
ASK = b'{"model": "test.ai.openai", "messages": [{"role": "user", "content": "Hello!"}]}'
#: A path of every kind that is not an inference route.
OTHERS = ["/x", "/health", "/openai/v1/models", "/openai/v1/unknown", "/v1/../x"]


def large(size: int) -> bytes:
    return ASK[:-1] + b', "x": "' + b"y" * size + b'"}'


def held(gateway: Gateway) -> int:
    text = gateway.get("/metrics").text
    return next(int(line.split()[-1]) for line in text.splitlines() if line.startswith("gatehouse_request_body_bytes "))


def resident(gateway: Gateway) -> int:
    """Mebibytes."""
    assert gateway.process
    status = Path(f"/proc/{gateway.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


@pytest.mark.parametrize("path", OTHERS)
def test_anonymous_bodies_are_not_read_and_keep_nobody_waiting(relay: Gateway, scripted: Upstream, path: str) -> None:
    held_open = [Connection(relay) for _ in range(32)]
    for connection in held_open:
        connection.send(b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-length: 33554432\r\n\r\nx" % path.encode())
    assert relay.post(CHAT, large(1 << 20)).status_code == 200
    for connection in held_open:
        assert connection.response().status in (400, 404, 405)
    assert relay.post(CHAT, large(1 << 20)).status_code == 200
    for connection in held_open:
        connection.socket.close()


def test_a_token_that_is_not_valid_reads_no_body(relay: Gateway, scripted: Upstream) -> None:
    held_open = [Connection(relay) for _ in range(32)]
    for connection in held_open:
        head = connection.head(CHAT, "content-length: 33554432\r\n").replace(relay.token.encode(), b"dapi-wrong")
        connection.send(head + b"x")
    assert relay.post(CHAT, large(1 << 20)).status_code == 200
    for connection in held_open:
        assert connection.response().status == 401
        connection.socket.close()


def test_one_caller_that_trickles_bodies_takes_no_more_than_its_share(launch: Any, upstream: Upstream) -> None:
    server = {"max_body_bytes": "8MiB", "max_body_bytes_in_flight": "32MiB"}
    config = upstream_config(upstream, server=server)
    config["users"] = {"greedy@example.com": {}, "modest@example.com": {}}
    config["grants"] = [
        {"principal": name, "privileges": ["ALL_PRIVILEGES"], "on": {"catalog": "test"}} for name in config["users"]
    ]
    gateway: Gateway = launch(config)
    greedy, modest = (gateway.create_token(name) for name in config["users"])

    def post(token: str) -> Any:
        return gateway.post(CHAT, large(1 << 20), headers={"authorization": f"Bearer {token}"})

    wait_until(lambda: post(greedy).status_code == 200 and post(modest).status_code == 200, "the tokens are known")
    trickles = [Connection(gateway) for _ in range(16)]
    statuses = []
    for number, connection in enumerate(trickles):
        wait_until(lambda n=number: held(gateway) >= min(n, 4) * 1_900_000, "the one before has come")
        head = connection.head(CHAT, "content-length: 2000000\r\n")
        try:
            connection.send(head.replace(gateway.token.encode(), greedy.encode()) + b" " * 1_900_000)
        except ConnectionError:
            pass
    # Some have a place and trickle on; the others are told to wait.
    wait_until(lambda: post(greedy).status_code == 429, "the greedy one has its share")
    refused = post(greedy)
    assert refused.status_code == 429 and refused.headers["retry-after"] == "1"
    assert refused.json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"
    for _ in range(5):
        for connection in trickles:
            try:
                connection.send(b" ")
            except ConnectionError:
                pass
        assert post(modest).status_code == 200
    assert held(gateway) <= 8 << 20
    for connection in trickles:
        connection.socket.settimeout(0.01)
        try:
            statuses.append(connection.response_head().status)
        except TimeoutError:
            pass
        connection.socket.close()
    assert set(statuses) == {429}
    wait_until(lambda: post(greedy).status_code == 200, "its share is free again")


def test_conversations_that_short_requests_refer_to_are_counted(launch: Any, upstream: Upstream) -> None:
    server = {
        "max_body_bytes": "8MiB",
        "max_body_bytes_in_flight": "64MiB",
        "max_body_bytes_in_flight_per_caller": "16MiB",
    }
    gateway: Gateway = launch(upstream_config(upstream, server=server))
    question = {"model": "test.ai.anthropic", "input": "x" * (4 << 20)}
    first = gateway.post(RESPONSES, question)
    assert first.status_code == 200, first.text
    go_on = False

    async def think(exchange: Exchange) -> None:
        while not go_on and not exchange.closed.is_set():
            await asyncio.sleep(0.01)
        await bodies.answer(exchange)

    upstream.script(think)
    follow = {"model": "test.ai.anthropic", "input": "and?", "previous_response_id": first.json()["id"]}
    connections = [Connection(gateway) for _ in range(16)]
    for connection in connections:
        connection.request(RESPONSES, follow)
    # Three conversations of 4 MiB fit into the share; the rest is refused at once.
    refused = []
    for connection in connections:
        connection.socket.settimeout(2)
        try:
            refused.append(connection.response())
        except TimeoutError:
            pass
    assert len(refused) >= 12
    assert {response.status for response in refused} == {429}
    assert all(response.headers["retry-after"] == "1" for response in refused)
    go_on = True
    for connection in connections:
        connection.socket.close()
    wait_until(lambda: gateway.post(RESPONSES, follow).status_code == 200, "there is room again")


@pytest.mark.parametrize("path", ["/health", "/x", "/metrics", "/openai/v1/models"])
def test_requests_whose_answers_nobody_reads_pile_up_nothing(launch: Any, upstream: Upstream, path: str) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    before = resident(gateway)
    connections = [Connection(gateway, receive_buffer=4096) for _ in range(8)]
    request = b"GET %b HTTP/1.1\r\nhost: x\r\n\r\n" % path.encode() * 2000
    sent = 0
    for connection in connections:
        connection.socket.settimeout(0.2)
    end = time.monotonic() + 4
    while time.monotonic() < end:
        for connection in connections:
            try:
                sent += connection.socket.send(request)
            except TimeoutError:
                pass
    assert sent > 0
    # Debug builds and allocators differ; without a bound it is hundreds in a second.
    assert resident(gateway) - before < 64
    assert gateway.post(CHAT, ASK).status_code == 200
    for connection in connections:
        connection.socket.close()


def test_a_head_of_very_many_fields_is_refused_and_harms_nobody(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream, server={"max_head_bytes": "1MiB"}))
    for path in (b"/health", b"/x", CHAT.encode()):
        with Connection(gateway) as connection:
            connection.send(b"GET %b HTTP/1.1\r\nhost: x\r\n" % path + b"a:\r\n" * 66_000 + b"\r\n")
            assert connection.response().status == 431
    assert gateway.post(CHAT, ASK).status_code == 200


def test_a_response_of_very_many_fields_is_an_upstreams_fault(relay: Gateway, scripted: Upstream) -> None:
    async def flood(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\n" + b"a:\r\n" * 20_000 + b"content-length: 2\r\n\r\n{}")

    scripted.script(flood)
    assert relay.post(CHAT, ASK).status_code == 502
    scripted.reset()
    assert relay.post(CHAT, ASK).status_code == 200


def test_anonymous_connections_make_room_for_others(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream, server={"max_connections": 50}))
    flood = [Connection(gateway) for _ in range(200)]
    for number, connection in enumerate(flood):
        try:
            connection.send(b"POST / HT" if number % 2 else b"")
        except ConnectionError:
            pass
    # A place is kept for a second.
    time.sleep(1.5)
    with Connection(gateway) as connection:
        for _ in range(3):
            connection.request(CHAT, ASK)
            assert connection.response().status == 200
            flood += [Connection(gateway) for _ in range(100)]
    for connection in flood:
        connection.socket.close()


def test_the_limit_of_open_files_is_raised_as_far_as_it_goes(launch: Any, upstream: Upstream) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, soft), hard))
    try:
        gateway: Gateway = launch(upstream_config(upstream, server={"max_connections": 1_000_000}))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert gateway.process
    limits = Path(f"/proc/{gateway.process.pid}/limits").read_text()
    line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
    assert line.split()[3:5] == [str(hard), str(hard)]
    if hard < 2_000_000:
        [warning] = [line for line in gateway.stderr.splitlines() if "limit of open files" in line]
        assert f"open_files={hard}" in warning


def test_without_descriptors_the_gateway_waits_and_says_so_once(launch: Any, upstream: Upstream) -> None:
    gateway: Gateway = launch(upstream_config(upstream))
    assert gateway.process
    pid = gateway.process.pid
    with Connection(gateway) as kept:
        kept.request(CHAT, ASK)
        assert kept.response().status == 200
        used = len(os.listdir(f"/proc/{pid}/fd"))
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 5, hard))
        waiting = [Connection(gateway) for _ in range(30)]
        wait_until(lambda: "New connections must wait" in gateway.stderr, "it says so")

        def seconds_of_cpu() -> float:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

        before = seconds_of_cpu()
        time.sleep(2)
        # A socket that is tried again at once takes all of a core.
        assert seconds_of_cpu() - before < 1
        # Who is connected, and has an upstream connection, is served.
        kept.request(CHAT, ASK)
        assert kept.response().status == 200
        assert gateway.stderr.count("New connections must wait") == 1
        for connection in waiting:
            connection.socket.close()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 200, hard))
        wait_until(lambda: gateway.get("/health").status_code == 200, "connections are accepted again")
    assert gateway.stderr.count("New connections must wait") == 1


def test_accepted_sockets_have_tcp_keep_alive(relay: Gateway) -> None:
    with Connection(relay) as connection:
        connection.request("/health", b"", method="GET")
        assert connection.response().status == 200
        port = connection.socket.getsockname()[1]
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        [row] = [row for row in rows if row[1].endswith(f":{relay.port:04X}") and row[2].endswith(f":{port:04X}")]
        # `tr`: 02 is the timer of keep-alive.
        assert row[5].startswith("02:")
