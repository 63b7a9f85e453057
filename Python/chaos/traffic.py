# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Calls to a healthy upstream while something goes wrong beside them, and what they felt of it."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import statistics
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

#: A call that takes longer counts as failed.
PATIENCE = 10.0


@dataclass
class Felt:
    """What the healthy callers felt."""

    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, other: Felt) -> None:
        self.latencies += other.latencies
        self.failures += other.failures

    @property
    def calls(self) -> int:
        return len(self.latencies) + len(self.failures)

    def milliseconds(self, share: float) -> float:
        """The latency that this share of the calls stayed below."""
        if not self.latencies:
            return float("nan")
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def median(self) -> float:
        return 1000 * statistics.median(self.latencies) if self.latencies else float("nan")


def _caller(url: str, body: bytes, headers: dict[str, str], reuse: bool, end: Any, results: list[Any]) -> None:
    host, port = url.removeprefix("http://").split(":")
    connection: http.client.HTTPConnection | None = None
    while not end.is_set():
        start = time.monotonic()
        try:
            connection = connection or http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
            connection.request("POST", "/mlflow/v1/chat/completions", body, headers)
            response = connection.getresponse()
            content = response.read()
            if response.status != 200:
                raise RuntimeError(f"{response.status} {content[:200]!r}")
            results.append(time.monotonic() - start)
            if not reuse or response.will_close:
                connection.close()
                connection = None
        except Exception as error:  # every failure of a healthy call is a result
            results.append(f"{type(error).__name__}: {error}")
            if connection:
                connection.close()
            connection = None
        time.sleep(0.02)


def _process(pipe: Connection, url: str, body: bytes, headers: dict[str, str], callers: int, fresh: int) -> None:
    end = threading.Event()
    results: list[Any] = []
    threads = [
        threading.Thread(target=_caller, args=(url, body, headers, number >= fresh, end, results))
        for number in range(callers)
    ]
    for thread in threads:
        thread.start()
    while pipe.recv() != "end":
        pipe.send(list(results))
        results.clear()
    end.set()
    for thread in threads:
        thread.join()
    pipe.send(list(results))


class HealthyTraffic:
    """Callers in a process of their own, each with some 30 calls a second; some open a connection for each call."""

    def __init__(self, url: str, model: str, token: str, callers: int = 4, fresh: int = 1) -> None:
        body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hello"}]}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.pipe, theirs = multiprocessing.Pipe()
        arguments = (theirs, url, body, headers, callers, fresh)
        self.process = multiprocessing.get_context("fork").Process(target=_process, args=arguments, daemon=True)
        self.process.start()

    def felt(self) -> Felt:
        """What they felt since the last time they were asked."""
        self.pipe.send("tell")
        return self._sorted(self.pipe.recv())

    def stop(self) -> Felt:
        self.pipe.send("end")
        results = self.pipe.recv()
        self.process.join()
        return self._sorted(results)

    @staticmethod
    def _sorted(results: list[Any]) -> Felt:
        return Felt([r for r in results if isinstance(r, float)], [r for r in results if isinstance(r, str)])


class Watch:
    """Samples a process's resident memory until asked."""

    def __init__(self, pid: int) -> None:
        self.pid, self.peak = pid, 0.0
        self.end = threading.Event()
        self.thread = threading.Thread(target=self._sample, daemon=True)
        self.thread.start()

    def _sample(self) -> None:
        while not self.end.wait(0.05):
            self.peak = max(self.peak, self.resident)

    @property
    def resident(self) -> float:
        """Resident memory in MiB; 0 once the process is gone."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        except (OSError, IndexError):
            return 0.0
        return pages * 4096 / (1 << 20)

    def stop(self) -> float:
        """The peak in MiB."""
        self.end.set()
        self.thread.join()
        return max(self.peak, self.resident)
