# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""What goes wrong around a gateway: names, descriptors, disks, pipes, locks, files, signals."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from gateway import Gateway
from stage import Stage, mishap
from traffic import Felt

CHAT = "/mlflow/v1/chat/completions"
HELLO = [{"role": "user", "content": "Hello"}]


def call(stage: Stage, model: str, timeout: float = 20.0) -> int:
    """One call of the other caller; 0 where it got no answer in time."""
    try:
        body = {"model": model, "messages": HELLO}
        return httpx.post(stage.gateway.url + CHAT, json=body, headers=stage.attacker, timeout=timeout).status_code
    except httpx.HTTPError:
        return 0


def call_often(stage: Stage, model: str, times: int, workers: int) -> list[int]:
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda _: call(stage, model), range(times)))


@mishap("a name that takes 4 s to fail, and one that never resolves")
def slow_names(stage: Stage) -> None:
    stage.start()
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(call_often, stage, "main.ai.slow", 32, 16)
        mute = pool.submit(call_often, stage, "main.ai.mute", 16, 16)
        time.sleep(0.5)
        named = [call(stage, "main.ai.named") for _ in range(20)]
        assert set(slow.result() + mute.result()) <= {502, 503, 504}
    assert named == [200] * 20, f"calls to a healthy name: {named}"


@mishap("no file descriptors are left")
def descriptors(stage: Stage) -> None:
    # The bound is set from outside once the gateway runs: at its start it would fit itself to it.
    stage.start()
    process = stage.gateway.process
    assert process
    in_use = len(os.listdir(f"/proc/{process.pid}/fd"))
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (in_use + 40, in_use + 40))
    idle: list[socket.socket] = []
    for _ in range(200):
        with contextlib.suppress(OSError):
            idle.append(socket.create_connection((stage.gateway.host, stage.gateway.port), timeout=2))
    before = cpu_seconds(process.pid)
    time.sleep(3)
    spun = cpu_seconds(process.pid) - before
    for connection in idle:
        connection.close()
    stage.eventually(lambda: stage.ready() == 200, "new connections are accepted again")
    # Who opens a connection for each call waits for a descriptor; who keeps one must not notice.
    stage.pass_over(lambda failure: any(word in failure for word in ("timed out", "refused", "reset", "Disconnected")))
    stage.note(f"{spun / 3 * 100:.0f} % of a core while none was left")
    assert spun < 2.4, f"{spun:.1f} s of CPU in 3 s"
    time.sleep(1)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@mishap("the disk is full for 5 s")
def full_disk(stage: Stage) -> None:
    stage.start(small_disk=24)
    assert stage.disk
    before = rows(stage.gateway)
    stage.disk.fill()
    statuses = []
    for _ in range(50):
        statuses.append(stage.ready())
        time.sleep(0.1)
    assert 503 in statuses, "/ready says nothing of the full disk"
    stage.disk.free()
    stage.eventually(lambda: stage.ready() == 200, "ready again once there is room")
    called = [call(stage, "main.ai.healthy") for _ in range(5)]
    assert called == [200] * 5
    stage.eventually(lambda: rows(stage.gateway) > before + 100, "the rows of that time are written")


@mishap("SIGTERM while the disk is full")
def stop_on_full_disk(stage: Stage) -> None:
    stage.start(small_disk=24)
    assert stage.disk
    stage.disk.fill()
    time.sleep(1)
    stage.end_traffic()
    stage.terminate()


def rows(gateway: Gateway) -> int:
    return gateway.sql("SELECT count(*) AS n FROM system.ai_gateway.usage")[0]["n"]


@mishap("nobody reads standard error")
def full_pipe(stage: Stage) -> None:
    reader, writer = os.pipe()
    stage.start(stderr=writer)
    os.close(writer)
    call_often(stage, "main.ai.healthy", 2000, 8)
    assert httpx.get(stage.gateway.url + "/health", timeout=5).status_code == 200
    stage.end_traffic()
    status = stage.terminate()
    os.close(reader)
    assert status == 0


@mishap("another process holds the databases' write locks for 5 s")
def held_lock(stage: Stage) -> None:
    stage.start()
    locks = []
    for file in stage.gateway.data.glob("*.sqlite"):
        connection = sqlite3.connect(file, isolation_level=None, timeout=10)
        connection.execute("BEGIN IMMEDIATE")
        locks.append(connection)
    assert locks, "no database found"
    for _ in range(50):
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(stage.gateway.url + "/ready", timeout=5)
        time.sleep(0.1)
    for connection in locks:
        connection.execute("ROLLBACK")
        connection.close()
    stage.eventually(lambda: stage.ready() == 200, "ready again once the lock is gone")


@mishap("300 clients close their sending side and wait")
def half_closed(stage: Stage) -> None:
    stage.start()
    body = json.dumps({"model": "main.ai.healthy", "messages": HELLO}).encode()
    lines = "".join(f"{name}: {value}\r\n" for name, value in stage.attacker.items())
    request = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def half_close(_: int) -> bool:
        with socket.create_connection((stage.gateway.host, stage.gateway.port), timeout=10) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(1 << 16):
                answer += piece
        # The gateway may have asked with an interim response whether the client is still there.
        return b"HTTP/1.1 200" in answer and answer.endswith(b"}")

    with ThreadPoolExecutor(16) as pool:
        answered = sum(pool.map(half_close, range(300)))
    assert answered == 300, f"{answered} of 300 got their answer"


@mishap("the configuration file is emptied, truncated, and reduced to comments")
def truncated_file(stage: Stage) -> None:
    stage.start()
    good = stage.gateway.config_file.read_text()
    for bad in ("", "# nothing\n", good[: len(good) // 2], "\n\n", good[: len(good) // 3]):
        stage.gateway.config_file.write_text(bad)
        time.sleep(1)
        assert call(stage, "main.ai.healthy") == 200, f"after {bad[:20]!r}"
    stage.gateway.config_file.write_text(good)
    time.sleep(1)
    assert stage.ready() == 200


@mishap("SIGTERM under load")
def stop_under_load(stage: Stage) -> None:
    stage.start()
    results: list[str] = []
    latencies: list[float] = []
    stop = threading.Event()

    def caller() -> None:
        while not stop.is_set():
            try:
                with httpx.Client(headers=stage.attacker, timeout=20) as client:
                    while not stop.is_set():
                        body = {"model": "main.ai.healthy", "messages": HELLO}
                        begun = time.monotonic()
                        answer = client.post(stage.gateway.url + CHAT, json=body)
                        latencies.append(time.monotonic() - begun)
                        results.append(str(answer.status_code))
                        if answer.headers.get("connection") == "close":
                            results.append("told")
                            return
            except httpx.ConnectError:
                return
            except httpx.HTTPError as error:
                results.append(f"{type(error).__name__}: {error}")
                return

    threads = [threading.Thread(target=caller) for _ in range(16)]
    stage.end_traffic()
    for thread in threads:
        thread.start()
    time.sleep(1)
    status = stage.terminate()
    stage.note(f"{results.count('told')} of 16 clients told to close")
    stop.set()
    for thread in threads:
        thread.join()
    cut = [result for result in results if result not in ("200", "told")]
    # Beside it the usual traffic would only show that nothing listens any more.
    stage.felt.add(Felt(latencies))
    assert status == 0
    assert not cut, f"{len(cut)} calls were cut: {cut[:3]}"
