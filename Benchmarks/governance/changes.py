#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Measures what changes of a large catalogue cost the calls in flight.

    Benchmarks/governance/changes.py --gatehouse .build/release/gatehouse

Fills a data directory, serves it with the built-in simulator, and lets users call services that they were granted: a
few senders, each at a steady rate, so that a late answer is the gateway's and not a queue's. Without changes, and then
with some of each kind a second. Prints a line for each: calls, latencies in milliseconds, the time until a change was
answered, when it is in force, and the memory of the process.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import fill

ADMINISTRATOR = "gth_administrator_of_the_benchmark_0000000"


KINDS = ["none", "grant", "token", "user", "service"]


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start(binary: str, data: Path, port: int) -> subprocess.Popen[bytes]:
    """A gateway that is ready."""
    environment = {**os.environ, "GATEHOUSE_ADMIN_TOKEN": ADMINISTRATOR}
    process = subprocess.Popen(
        [binary, "serve", "--data", str(data), "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/ready")
            if connection.getresponse().status == 200:
                return process
        except OSError:
            pass
        time.sleep(0.05)
    process.kill()
    raise RuntimeError("the gateway is not ready after a minute")


def grants(data: Path) -> list[tuple[str, str]]:
    """Users, by their token, and services that they were granted."""
    database = sqlite3.connect(data / "gatehouse.sqlite")
    rows = database.execute(
        "SELECT principal, name FROM privilege WHERE kind = 'MODEL_SERVICE' AND principal LIKE 'user-%' LIMIT 20000"
    ).fetchall()
    database.close()
    return [(fill.token(int(user.removeprefix("user-").split("@")[0])), name) for user, name in rows[::100]]


def call(connection: http.client.HTTPConnection, token: str, model: str) -> int:
    """One chat completion; its status."""
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1})
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    connection.request("POST", "/ai-gateway/mlflow/v1/chat/completions", body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def send(
    port: int,
    pairs: list[tuple[str, str]],
    rate: float,
    seconds: float,
    results: multiprocessing.Queue[list[float]],
) -> None:
    """Calls at a steady rate, and puts the latencies."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    latencies: list[float] = []
    begin = time.perf_counter()
    number = 0
    while (due := begin + number / rate) < begin + seconds:
        time.sleep(max(0, due - time.perf_counter()))
        started = time.perf_counter()
        token, model = pairs[number % len(pairs)]
        status = call(connection, token, model)
        if status != 200:
            raise RuntimeError(f"a call to {model} ended with status {status}")
        latencies.append((time.perf_counter() - started) * 1000)
        number += 1
    results.put(latencies)


class Administrator:
    """Makes changes, one after the other, and undoes every second one."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.made = ""

    def request(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """A request that must succeed."""
        headers = {"authorization": f"Bearer {ADMINISTRATOR}", "content-type": "application/json"}
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: status {answer.status}: {text.decode()}")
        return json.loads(text or b"{}")

    def grant(self) -> None:
        """Grants a user a service, or revokes it."""
        verb, self.made = ("remove", "") if self.made else ("add", "granted")
        body = {"changes": [{"principal": "user-1@example.com", verb: ["EXECUTE"]}]}
        self.request("PATCH", "/api/2.1/unity-catalog/permissions/model_service/big.s0.m0", body)

    def token(self) -> None:
        """Makes a token of a service principal, or revokes it."""
        management = "/api/2.0/token-management"
        if self.made:
            self.request("DELETE", f"{management}/tokens/{self.made}")
            self.made = ""
            return
        body = {"application_id": self.principal(), "lifetime_seconds": 3600}
        self.made = self.request("POST", f"{management}/on-behalf-of/tokens", body)["token_info"]["token_id"]

    def principal(self) -> str:
        """The application id of a service principal."""
        path = "/api/2.0/preview/scim/v2/ServicePrincipals"
        found = self.request("GET", path).get("Resources") or [self.request("POST", path, {"displayName": "measured"})]
        return str(found[0]["applicationId"])

    def user(self) -> None:
        """Makes a user, or deletes it."""
        path = "/api/2.0/preview/scim/v2/Users"
        if self.made:
            self.request("DELETE", f"{path}/{self.made}")
            self.made = ""
        else:
            self.made = self.request("POST", path, {"userName": f"new-{time.monotonic_ns()}@example.com"})["id"]

    def service(self) -> None:
        """Makes a model service, or deletes it."""
        path = "/api/2.1/unity-catalog/model-services"
        if self.made:
            self.request("DELETE", f"{path}/{self.made}")
            self.made = ""
            return
        destination = {
            "destination_type": "DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL",
            "pay_per_token_config": {"model": "models/system.ai.gpt-5"},
        }
        name = f"m{time.monotonic_ns()}"
        self.request(
            "POST",
            f"{path}?parent=schemas/big.s0&model_service_id={name}",
            {"config": {"routing": {"destinations": [destination]}}},
        )
        self.made = f"big.s0.{name}"


def change(port: int, kind: str, pace: float, stop: threading.Event, answered: list[float]) -> None:
    """Makes changes at a pace until told to stop."""
    administrator = Administrator(port)
    make = getattr(administrator, kind)
    while not stop.wait(1 / pace):
        started = time.perf_counter()
        make()
        answered.append((time.perf_counter() - started) * 1000)
    if administrator.made:
        make()


def resident(pid: int, name: str = "VmRSS") -> int:
    """The memory of a process in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) // 1024
    return 0


def measure(port: int, pid: int, pairs: list[tuple[str, str]], kind: str, options: argparse.Namespace) -> None:
    """Prints one line."""
    results: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
    share = options.rate / options.senders
    senders = [
        multiprocessing.Process(target=send, args=(port, pairs[number:], share, options.seconds, results))
        for number in range(options.senders)
    ]
    for sender in senders:
        sender.start()
    stop = threading.Event()
    answered: list[float] = []
    changer = threading.Thread(target=change, args=(port, kind, options.pace, stop, answered))
    if kind != "none":
        changer.start()
    latencies = sorted(latency for _ in senders for latency in results.get(timeout=options.seconds + 60))
    stop.set()
    for sender in senders:
        sender.join()
    if kind != "none":
        changer.join()

    def at(share: float) -> str:
        return f"{latencies[min(len(latencies) - 1, int(len(latencies) * share))]:.2f}"

    line = f"{kind:8} {len(latencies)} calls: p50 {at(0.5)}, p99 {at(0.99)}, p99.9 {at(0.999)}"
    line += f", longest {latencies[-1]:.2f} ms"
    if answered:
        middle = sorted(answered)[len(answered) // 2]
        line += f"; {len(answered)} changes: {middle:.1f} ms, longest {max(answered):.1f}"
    print(f"{line}; {resident(pid)} MiB, peak {resident(pid, 'VmHWM')}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gatehouse", required=True, help="the binary")
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--services", type=int, default=1_000)
    parser.add_argument("--grants", type=int, default=50_000)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--rate", type=float, default=400, help="calls per second, of all senders together")
    parser.add_argument("--seconds", type=float, default=10, help="for each line")
    parser.add_argument("--pace", type=float, default=5, help="changes per second")
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS, help="what is changed, a line each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        data, port = Path(directory), free_port()
        process = start(options.gatehouse, data, port)
        print(f"empty: {resident(process.pid)} MiB")
        process.terminate()
        process.wait()
        fill.fill(data / "gatehouse.sqlite", options.users, options.services, options.grants)
        process = start(options.gatehouse, data, port)
        print(f"filled: {resident(process.pid)} MiB")
        try:
            for kind in options.kinds:
                measure(port, process.pid, grants(data), kind, options)
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
