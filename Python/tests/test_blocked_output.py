# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Nobody reads what the gateway prints: it serves, it can be stopped, and it counts what it could not log."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gateway import ADMIN_TOKEN, BINARY, LISTENING, PATIENCE, clean_environment, wait_until


class Muted:
    """A gateway whose standard error is a pipe that nobody reads."""

    def __init__(self, directory: Path) -> None:
        self.read, write = os.pipe()
        self.out = directory / "stdout"
        with open(self.out, "wb") as out:
            self.process = subprocess.Popen(
                [str(BINARY), "serve", "--port", "0", "--data", str(directory / "data"), "--log-level", "debug"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=write,
                env=clean_environment(directory, GATEHOUSE_ADMIN_TOKEN=ADMIN_TOKEN),
            )
        os.close(write)
        match = wait_until(lambda: LISTENING.search(self.out.read_text()), "the gateway listens")
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{match.group(3)}",
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
            timeout=PATIENCE,
        )

    def metric(self, name: str) -> int:
        lines = self.client.get("/metrics").text.splitlines()
        return int(next(line for line in lines if line.startswith(name + " ")).split()[1])

    def call(self, count: int) -> None:
        """Calls that leave a line in the log each."""
        for _ in range(count):
            assert self.client.post("/mlflow/v1/chat/completions", json={"model": "nobody"}).status_code in (400, 404)


@pytest.fixture
def muted(tmp_path: Path) -> Iterator[Muted]:
    gateway = Muted(tmp_path)
    yield gateway
    gateway.client.close()
    gateway.process.kill()
    gateway.process.wait(PATIENCE)
    os.close(gateway.read)


def test_a_full_pipe_stops_neither_the_gateway_nor_its_end(muted: Muted) -> None:
    # A pipe takes 64 KiB.
    muted.call(600)
    assert muted.client.get("/health").status_code == 200
    assert muted.client.get("/ready").status_code == 200
    muted.process.send_signal(signal.SIGTERM)
    assert muted.process.wait(PATIENCE) == 0


def test_lines_that_do_not_fit_are_dropped_counted_and_told_of(muted: Muted) -> None:
    name = "gatehouse_log_lines_dropped_total"

    def dropped() -> int:
        muted.call(500)
        return muted.metric(name)

    count = wait_until(dropped, "lines are dropped", PATIENCE * 4)
    os.set_blocking(muted.read, False)
    text = b""

    def told() -> bool:
        nonlocal text
        try:
            text += os.read(muted.read, 1 << 20)
        except BlockingIOError:
            muted.call(1)
        return b"log lines were dropped" in text

    wait_until(told, "a line tells how many were dropped")
    assert count > 0
    assert all(line.count(b"gatehouse:") <= 1 for line in text.splitlines()), "lines are mixed"


def test_a_log_that_is_closed_is_no_trouble(muted: Muted) -> None:
    os.close(muted.read)
    muted.call(50)
    assert muted.client.get("/health").status_code == 200
    wait_until(lambda: muted.metric("gatehouse_log_lines_dropped_total") > 0, "the lines are counted")
    muted.process.send_signal(signal.SIGTERM)
    assert muted.process.wait(PATIENCE) == 0
    muted.read = os.open(os.devnull, os.O_RDONLY)


def test_what_strangers_send_begins_no_line_of_the_log(tmp_path: Path) -> None:
    gateway = Muted(tmp_path)
    try:
        hostile = "x\u001b[2J\n2026-01-01T00:00:00+0000 critical gatehouse: forged"
        token = subprocess.run(
            [str(BINARY), "token", "create", "--user", "é@example.com", "--data", str(tmp_path / "data")],
            capture_output=True,
            text=True,
            check=True,
            env=clean_environment(tmp_path),
        ).stdout.strip()
        gateway.client.post("/mlflow/v1/chat/completions", json={"model": hostile, "messages": []})
        gateway.client.post("/mlflow/v1/chat/completions", json={"model": hostile}, headers={"x-api-key": token})
        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(PATIENCE) == 0
        text = os.read(gateway.read, 1 << 20)
        assert b"\x1b" not in text
        assert not [line for line in text.decode().splitlines() if line.startswith("2026-01-01")]
    finally:
        gateway.client.close()
        gateway.process.kill()
        gateway.process.wait(PATIENCE)
        os.close(gateway.read)
