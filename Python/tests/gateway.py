# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Runs the release binary as a user would: its own process, its own data directory, real sockets."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("GATEHOUSE_BINARY", ROOT / ".build/release/gatehouse"))
LISTENING = re.compile(r"^Gatehouse is listening on (https?)://(\S+):(\d+)$", re.MULTILINE)

#: Generous: what is awaited must happen, and normally does at once.
PATIENCE = 30.0

#: Tests choose the administrator's token, so that it is known and so that it can be looked for where it must not be.
ADMIN_TOKEN = "dapi-admin-canary-5f1c0e7ab2d94c36"


def wait_until(condition: Any, what: str, patience: float = PATIENCE) -> Any:
    """Waits until `condition()` is true and returns its value."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: did not happen within {patience} s")
        time.sleep(0.01)


def clean_environment(home: Path, **extra: str) -> dict[str, str]:
    """An environment without provider keys, proxies and the like of the machine that runs the tests."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(home), "LANG": "C.UTF-8", **extra}


class Gateway:
    """One `gatehouse serve` process."""

    def __init__(
        self,
        directory: Path,
        config: dict[str, Any] | str | None = None,
        arguments: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
        token: str | None = ADMIN_TOKEN,
        prefix: tuple[str, ...] = (),
    ) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.config_file = directory / "gatehouse.yaml"
        self.has_config = config is not None
        self.token = token or ""
        self.arguments = arguments
        #: What runs the command, such as `unshare`; it must become it.
        self.prefix = prefix
        self.environment = clean_environment(directory, **(environment or {}))
        if token is not None:
            self.environment["GATEHOUSE_ADMIN_TOKEN"] = token
        self.process: subprocess.Popen[bytes] | None = None
        self.host, self.port, self.scheme = "127.0.0.1", 0, "http"
        if config is not None:
            self.write_config(config)

    # Life

    def write_config(self, config: dict[str, Any] | str) -> None:
        """Replaces the configuration file in one step, as editors and tools do. JSON is YAML."""
        text = config if isinstance(config, str) else json.dumps(config, indent=2)
        draft = self.config_file.with_suffix(".draft")
        draft.write_text(text)
        draft.replace(self.config_file)

    def spawn(self, stderr: int | None = None) -> subprocess.Popen[bytes]:
        """Starts the process without waiting for it to listen; `stderr` is a descriptor in place of the file."""
        command = [*self.prefix, str(BINARY), "serve", "--port", "0", "--data", str(self.data), *self.arguments]
        if self.has_config:
            command += ["--config", str(self.config_file)]
        with open(self.stdout_file, "ab") as out, open(self.stderr_file, "ab") as err:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err if stderr is None else stderr,
                env=self.environment,
                cwd=self.directory,
            )
        return self.process

    def start(self, stderr: int | None = None) -> Gateway:
        """Starts the process and waits for its line on standard output."""
        before = len(self.stdout)
        process = self.spawn(stderr)

        def listening() -> re.Match[str] | None:
            assert process.poll() is None, f"exited with {process.returncode}:\n{self.stdout}{self.stderr}"
            return LISTENING.search(self.stdout[before:])

        match = wait_until(listening, "the gateway listens")
        self.scheme, self.host, self.port = match.group(1), match.group(2), int(match.group(3))
        return self

    def stop(self) -> int:
        """Asks the process to end and returns its exit status."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE * 2)
        return status

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait(PATIENCE)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    # What it says

    @property
    def stdout_file(self) -> Path:
        return self.directory / "stdout"

    @property
    def stderr_file(self) -> Path:
        return self.directory / "stderr"

    @property
    def stdout(self) -> str:
        return self.stdout_file.read_text() if self.stdout_file.exists() else ""

    @property
    def stderr(self) -> str:
        return self.stderr_file.read_text() if self.stderr_file.exists() else ""

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    # How to reach it

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def client(self, **options: Any) -> httpx.Client:
        """An HTTP client with the administrator's token."""
        headers = {**self.bearer, **options.pop("headers", {})}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE, **options)

    def post(self, path: str, body: Any, **options: Any) -> httpx.Response:
        """One request with the administrator's token unless `headers` say otherwise."""
        headers = {"Content-Type": "application/json", **options.pop("headers", self.bearer)}
        content = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return httpx.post(self.url + path, content=content, headers=headers, timeout=PATIENCE, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, headers=options.pop("headers", self.bearer), timeout=PATIENCE, **options)

    # Its command line

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs another command of the binary on the same data directory."""
        return run(*arguments, "--data", str(self.data), environment=self.environment, check=check)

    def sql(self, query: str) -> list[dict[str, Any]]:
        """Rows of a query on the embedded store."""
        return json.loads(self.run("sql", query, "--format", "json").stdout)

    def usage(self, where: str = "1 = 1", count: int = 1, columns: str = "*") -> list[dict[str, Any]]:
        """The usage rows that match, oldest first, once there are `count` of them."""
        query = f"SELECT {columns} FROM system.ai_gateway.usage WHERE {where} ORDER BY event_time"
        rows: list[dict[str, Any]] = []

        def enough() -> bool:
            rows[:] = self.sql(query)
            return len(rows) >= count

        wait_until(enough, f"{count} usage rows with {where}")
        assert len(rows) == count, rows
        return rows

    def repairs(self) -> list[dict[str, Any]]:
        """The requests that were sent again without their opaque state (reasoning-06): none where states are kept."""
        return self.sql("SELECT request_id FROM system.ai_gateway.usage WHERE routing_information LIKE '%RETRY%'")

    def create_token(self, user: str, *arguments: str) -> str:
        """A new token for a user, made while the gateway serves, once the gateway knows it."""
        words = self.run("token", "create", "--user", user, *arguments).stdout.split()
        token = max(words, key=len)
        headers = {"Authorization": f"Bearer {token}"}
        wait_until(
            lambda: self.post("/mlflow/v1/chat/completions", "{}", headers=headers).status_code != 401,
            "a token created while serving is accepted",
        )
        return token


def run(*arguments: str, environment: dict[str, str] | None = None, check: bool = True, **options: Any) -> Any:
    """Runs the binary to its end."""
    result = subprocess.run(
        [str(BINARY), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment or clean_environment(Path("/nonexistent")),
        timeout=PATIENCE * 2,
        **options,
    )
    if check:
        assert result.returncode == 0, f"{arguments}: {result.returncode}\n{result.stdout}{result.stderr}"
    return result
