# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""What the gateway stores stays within its bounds, and a full disk is survived."""

from __future__ import annotations

import errno
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from config import upstream_config
from gateway import BINARY, Gateway, wait_until
from upstream import Upstream

CHAT = "/mlflow/v1/chat/completions"
RESPONSES = "/openai/v1/responses"


def ask(service: str = "test.ai.openai") -> dict[str, Any]:
    return {"model": service, "messages": [{"role": "user", "content": "Hello!"}]}


def test_a_caller_who_stores_without_end_keeps_the_file_small_and_pushes_nobody_out(
    launch: Callable[..., Gateway],
) -> None:
    bound = 4 << 20
    gateway = launch({"simulator": True, "server": {"responses": {"max_bytes": bound}}})
    model = "system.ai.claude-sonnet-4-5"
    alice = {"Authorization": f"Bearer {gateway.create_token('alice@example.com')}"}
    bob = {"Authorization": f"Bearer {gateway.create_token('bob@example.com')}"}
    mine = [gateway.post(RESPONSES, {"model": model, "input": f"Hello {n}!"}, headers=alice).json() for n in range(3)]
    file = gateway.data / "responses.sqlite"
    log = gateway.data / "responses.sqlite-wal"
    made: list[str] = []
    for _ in range(60):
        response = gateway.post(RESPONSES, {"model": model, "input": "x" * 300_000}, headers=bob)
        assert response.status_code == 200
        made.append(response.json()["id"])
        assert file.stat().st_size < 2 * bound + (2 << 20)
        assert log.stat().st_size < 24 << 20

    def statuses(ids: list[str]) -> list[int]:
        return [gateway.get(f"{RESPONSES}/{one}", headers=bob).status_code for one in ids]

    assert statuses(made[-2:]) == [200, 200]
    # At once, not when somebody looks after it later.
    wait_until(lambda: statuses(made[:50]) == [404] * 50, "the oldest answers of the same caller are gone", 5)
    for answer in mine:
        assert gateway.get(f"{RESPONSES}/{answer['id']}", headers=alice).json() == answer


def test_the_usage_table_loses_its_oldest_rows_at_its_bound_and_says_so(
    launch: Callable[..., Gateway], upstream: Upstream
) -> None:
    gateway = launch(upstream_config(upstream, usage={"max_bytes": "1MiB", "retention": "forever"}))
    # Refused at once, so that they are many; each row takes about 3 KiB.
    path = CHAT + "?" + "x" * 2000
    with gateway.client() as client:
        for _ in range(800):
            assert client.post(path, json={"model": "nobody", "messages": []}).status_code == 404
        last = client.post(CHAT, json=ask()).headers["x-request-id"]
    count = "SELECT count(*) AS n FROM system.ai_gateway.usage"
    wait_until(lambda: gateway.sql(count)[0]["n"] < 700, "the oldest rows are deleted")
    assert gateway.sql(count)[0]["n"] > 100
    assert gateway.usage(f"request_id = '{last}'")
    assert "usage.max_bytes" in gateway.stderr
    metrics = gateway.get("/metrics").text
    deleted = next(line for line in metrics.splitlines() if line.startswith("gatehouse_usage_rows_deleted_total"))
    assert int(deleted.split()[1]) > 0


def test_rows_of_refused_requests_are_small_whatever_the_request_says(
    launch: Callable[..., Gateway], upstream: Upstream
) -> None:
    gateway = launch(upstream_config(upstream))
    endless = "e" + "\\u0301" * 5000
    tags = json.dumps({f"k{n}": "v" * 250 for n in range(60)})
    headers = {**gateway.bearer, "User-Agent": "a" * 10_000, "Databricks-Ai-Gateway-Request-Tags": tags}
    body = json.dumps({"model": endless, "messages": []})
    response = gateway.post(CHAT + "?" + "q" * 20_000, body, headers=headers)
    assert response.status_code == 404
    [row] = gateway.usage(f"request_id = '{response.headers['x-request-id']}'")
    assert sum(len(str(value).encode()) for value in row.values()) < 8 << 10
    assert row["request_tags"] is None
    tags = '{"k": "%s"}' % ("e" + "\\u0301" * 128)
    headers = {**gateway.bearer, "Databricks-Ai-Gateway-Request-Tags": tags}
    assert gateway.post(CHAT, ask(), headers=headers).status_code == 400


@pytest.fixture
def small_disk(tmp_path: Path, upstream: Upstream) -> Iterator[Gateway]:
    """A gateway whose data directory is a disk of 8 MiB of its own, in a mount namespace that only it sees."""
    data = tmp_path / "data"
    data.mkdir()
    mount = f"mount -t tmpfs -o size=8m,mode=700 none '{data}'"
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True).returncode != 0:
        pytest.skip("this user may not mount a file system")
    prefix = ("unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh")
    gateway = Gateway(tmp_path, upstream_config(upstream), prefix=prefix).start()
    yield gateway
    if gateway.running:
        assert gateway.stop() == 0, gateway.output


def test_a_full_disk_costs_no_request_and_no_row(small_disk: Gateway) -> None:
    gateway = small_disk
    assert gateway.process
    pid = gateway.process.pid
    sent: set[str] = set()

    def call(count: int) -> None:
        for _ in range(count):
            response = gateway.post(CHAT, ask())
            assert response.status_code == 200, response.text
            sent.add(response.headers["x-request-id"])

    def rows() -> set[str]:
        query = "SELECT request_id FROM system.ai_gateway.usage"
        command = ["nsenter", "-t", str(pid), "-m", str(BINARY), "sql", query, "--format", "json"]
        result = subprocess.run([*command, "--data", str(gateway.data)], capture_output=True, text=True, check=True)
        return {row["request_id"] for row in json.loads(result.stdout)}

    call(3)
    wait_until(lambda: rows() == sent, "rows are written")
    filler = Path(f"/proc/{pid}/root{gateway.data}/filler")
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError as error:
            assert error.errno == errno.ENOSPC
    # A page of the log may have room yet.
    for _ in range(40):
        call(5)
        if "Usage rows wait" in gateway.stderr:
            break
    wait_until(lambda: "Usage rows wait" in gateway.stderr, "the gateway says that rows wait")
    call(20)
    assert rows() < sent
    filler.unlink()
    wait_until(lambda: rows() == sent, "all rows are written once there is room")
    wait_until(lambda: "Usage rows are written again" in gateway.stderr, "the gateway says so")
