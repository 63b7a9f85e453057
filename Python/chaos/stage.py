# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""One gateway with a healthy upstream, a broken one and a hostile one; and the list of mishaps that strike it."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from gateway import BINARY, Gateway, clean_environment, wait_until
from traffic import Felt, HealthyTraffic, Watch
from upstream import Upstream
from world import NameServer, SmallDisk

#: Callers that have the same grants: one keeps working, one means harm, one comes by the other's side.
VICTIM, ATTACKER = "victim@example.com", "attacker@example.com"


class Simulator:
    """`gatehouse simulate`: an upstream that stays healthy whatever happens to the gateway."""

    def __init__(self, directory: Path) -> None:
        self.process = subprocess.Popen(
            [str(BINARY), "simulate", "--port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=clean_environment(directory),
            text=True,
        )
        assert self.process.stdout
        match = re.search(r"http://\S+:(\d+)", self.process.stdout.readline())
        assert match, "the simulator listens"
        self.port = int(match.group(1))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(30)


class Stage:
    """What a mishap may use. Made anew for each of them, so that none inherits another's damage."""

    def __init__(self, directory: Path, simulator: Simulator, names: NameServer, hostile: Upstream) -> None:
        self.directory, self.simulator, self.names, self.hostile = directory, simulator, names, hostile
        # What is meant to break it goes to a simulator of its own: the healthy calls are about the gateway.
        self.target = Simulator(directory)
        self.gateway = Gateway(directory, self.configuration(), arguments=("--log-level", "debug"))
        self.disk: SmallDisk | None = None
        self.traffic: HealthyTraffic | None = None
        self.watch: Watch | None = None
        self.has_ended = False
        self.felt = Felt()
        self.notes: list[str] = []
        self.lag, self.longest_hold = "", 0.0
        self.tokens: dict[str, str] = {}

    def configuration(self, **server: Any) -> dict[str, Any]:
        local = f"http://127.0.0.1:{self.simulator.port}"

        def custom(url: str, api: str = "openai/v1/chat/completions") -> dict[str, Any]:
            return {"provider_type": "custom", "base_url": url, "api_key": "k", "native_api_types": [api]}

        providers = {
            "healthy": custom(f"{local}/v1"),
            "named": custom(f"http://api.healthy.test:{self.simulator.port}/v1"),
            "slow": custom("http://api.slow.test:9/v1"),
            "mute": custom("http://api.mute.test:9/v1"),
            "hostile": custom(f"{self.hostile.url}/v1"),
            "gemini": {
                "provider_type": "gemini",
                "base_url": f"http://127.0.0.1:{self.target.port}",
                "api_key": "k",
            },
        }
        models = {"gemini": "gemini-2.5-pro"}
        return {
            "server": server,
            "provider_services": {f"main.providers.{name}": entry for name, entry in providers.items()},
            "model_services": {
                f"main.ai.{name}": {
                    "destinations": [{"provider": f"main.providers.{name}", "model": models.get(name, "gpt-5")}]
                }
                for name in providers
            },
            "users": {VICTIM: {"groups": ["callers"]}, ATTACKER: {"groups": ["callers"]}},
            "grants": [
                {
                    "principal": "callers",
                    "privileges": ["USE_CATALOG", "USE_SCHEMA", "EXECUTE"],
                    "on": {"catalog": "main"},
                }
            ],
        }

    def start(self, small_disk: int | None = None, stderr: int | None = None) -> None:
        """Starts the gateway and the healthy traffic; `small_disk` is the size of the data's file system in MiB."""
        if small_disk:
            self.disk = SmallDisk(self.gateway.data, small_disk)
        process = self.gateway.start(stderr).process
        assert process
        self.watch = Watch(process.pid)
        for user in (VICTIM, ATTACKER):
            self.tokens[user] = self.gateway.create_token(user)
        self.traffic = HealthyTraffic(self.gateway.url, "main.ai.healthy", self.tokens[VICTIM])
        time.sleep(1)
        calm = self.traffic.felt()
        assert calm.latencies and not calm.failures, f"healthy calls fail before anything happened: {calm.failures[:3]}"

    def terminate(self) -> int:
        """Sends SIGTERM and waits; notes and returns the exit status."""
        self.loop_lag()
        start = time.monotonic()
        status = self.gateway.stop()
        self.has_ended = True
        self.note(f"exit status {status} after {time.monotonic() - start:.1f} s")
        assert time.monotonic() - start < 20, "stopping took too long"
        return status

    def loop_lag(self) -> str:
        """What an event loop was late by at most: the bound of the histogram's last bucket that has something in it."""
        if self.has_ended or not self.gateway.running:
            return self.lag
        try:
            metrics = self.gateway.get("/metrics", headers={}).text
        except httpx.HTTPError:
            return self.lag
        buckets = re.findall(r'event_loop_lag_seconds_bucket\{le="(\S+)"\} (\d+)', metrics)
        total = buckets[-1][1]
        bound = next(float(bound) for bound, count in buckets if count == total)
        self.longest_hold = 1000 * bound
        self.lag = f"≤ {self.longest_hold:.0f}"
        return self.lag

    @property
    def has_died(self) -> bool:
        return not self.has_ended and not self.gateway.running

    def end_traffic(self) -> None:
        """Ends the healthy calls: a mishap that ends the gateway does so itself, first."""
        if self.traffic:
            self.felt.add(self.traffic.stop())
        self.traffic = None

    def pass_over(self, may_fail: Callable[[str], bool]) -> None:
        """Leaves out the failures so far that the mishap makes inevitable."""
        assert self.traffic
        felt = self.traffic.felt()
        felt.failures = [failure for failure in felt.failures if not may_fail(failure)]
        self.felt.add(felt)

    def note(self, text: str) -> None:
        self.notes.append(text)

    @property
    def attacker(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[ATTACKER]}", "Content-Type": "application/json"}

    def ready(self) -> int:
        return self.gateway.get("/ready", headers={}).status_code

    def eventually(self, condition: Callable[[], Any], what: str) -> None:
        wait_until(condition, what)

    def close(self) -> None:
        self.end_traffic()
        if self.gateway.running:
            self.gateway.kill()
        self.target.stop()
        if self.disk:
            self.disk.remove()


@dataclass(frozen=True)
class Mishap:
    """Something that goes wrong: starts the stage as it needs it, does its damage, checks what is its own to check."""

    name: str
    strike: Callable[[Stage], None]


MISHAPS: list[Mishap] = []


def mishap(name: str) -> Callable[[Callable[[Stage], None]], Callable[[Stage], None]]:
    """Adds a mishap to the list."""

    def add(strike: Callable[[Stage], None]) -> Callable[[Stage], None]:
        MISHAPS.append(Mishap(name, strike))
        return strike

    return add
