# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""A full disk, a held lock, a disk that hangs: calls go on, `/ready` says so, stopping ends and tells what is lost."""

from __future__ import annotations

import resource
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from config import upstream_config
from gateway import PATIENCE, Gateway, wait_until
from upstream import Upstream

CHAT = "/openai/v1/chat/completions"
ASK = {"model": "test.ai.openai", "messages": []}


@contextmanager
def write_lock(file: Path) -> Iterator[None]:
    """Another process that writes and does not end: readers go on, writers wait."""
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    yield
    database.execute("ROLLBACK")
    database.close()


def fill_disk(gateway: Gateway) -> None:
    """No file of the gateway can grow any more."""
    assert gateway.process
    largest = max(file.stat().st_size for file in gateway.data.iterdir())
    assert largest > 0
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))


def make_room(gateway: Gateway) -> None:
    assert gateway.process
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, unlimited)


def rows(gateway: Gateway) -> int:
    return int(gateway.sql("SELECT count(*) AS n FROM system.ai_gateway.usage")[0]["n"])


def test_a_lock_of_another_process_holds_up_nobody(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream))
    with write_lock(gateway.data / "usage.sqlite"), write_lock(gateway.data / "gatehouse.sqlite"):
        for _ in range(100):
            assert gateway.post(CHAT, ASK).status_code == 200
            assert gateway.get("/ready", headers={}).status_code in (200, 503)
            assert gateway.get("/health", headers={}).status_code == 200
        # The writer gives up waiting after some seconds, and says so here.
        wait_until(lambda: gateway.get("/ready").status_code == 503, "the gateway is not ready")
        assert gateway.post(CHAT, ASK).status_code == 200
        assert "locked" in " ".join(gateway.get("/ready").json()["problems"])
        assert set(gateway.get("/ready", headers={}).json()) == {"status", "reason"}
    wait_until(lambda: gateway.get("/ready").status_code == 200, "the gateway is ready again")
    wait_until(lambda: rows(gateway) == 101, "no row is lost")


def test_a_full_disk_shows_in_ready_until_there_is_room(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch(upstream_config(upstream))
    assert gateway.post(CHAT, ASK).status_code == 200
    wait_until(lambda: rows(gateway) == 1, "the first row is written")
    fill_disk(gateway)

    def is_noticed() -> bool:
        assert gateway.post(CHAT, ASK).status_code == 200
        return gateway.get("/ready").status_code == 503

    wait_until(is_noticed, "the gateway is not ready")
    assert "usage.sqlite" in " ".join(gateway.get("/ready").json()["problems"])
    make_room(gateway)
    wait_until(lambda: gateway.get("/ready").status_code == 200, "the gateway is ready again")
    sent = len(upstream.requests)
    wait_until(lambda: rows(gateway) == sent, "no row is lost")


@pytest.mark.parametrize("trouble", ["full", "locked"])
def test_stopping_ends_whatever_the_store_does_and_says_how_many_rows_are_lost(
    launch: Callable[..., Gateway], upstream: Upstream, trouble: str
) -> None:
    gateway = launch(upstream_config(upstream))
    assert gateway.post(CHAT, ASK).status_code == 200
    wait_until(lambda: rows(gateway) == 1, "the first row is written")
    assert gateway.process

    def stop() -> None:
        for _ in range(5):
            assert gateway.post(CHAT, ASK).status_code == 200
        assert gateway.process
        gateway.process.send_signal(signal.SIGTERM)
        # Without the bound it takes a minute and more.
        assert gateway.process.wait(PATIENCE) == 1

    if trouble == "full":
        fill_disk(gateway)
        stop()
    else:
        with write_lock(gateway.data / "usage.sqlite"):
            stop()
    [line] = [line for line in gateway.stderr.splitlines() if " critical " in line]
    assert "rows=5" in line and "lost" in line
    assert rows(gateway) == 1


#: Makes writes to databases hang while the file that the environment names is there, like a network disk that is gone.
HANG = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
static void wait_for_disk(int descriptor) {
    char link[64], name[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (length < 0) return;
    name[length] = 0;
    if (!strstr(name, ".sqlite")) return;
    while (access(getenv("HANG_FILE"), F_OK) == 0) usleep(20000);
}
#define WRAP(name, offset) \\
    ssize_t name(int descriptor, const void *bytes, size_t count, offset at) { \\
        ssize_t (*real)(int, const void *, size_t, offset) = dlsym(RTLD_NEXT, #name); \\
        wait_for_disk(descriptor); \\
        return real(descriptor, bytes, count, at); \\
    }
WRAP(pwrite, off_t)
WRAP(pwrite64, off64_t)
"""


def test_a_disk_that_hangs_holds_up_no_call_and_not_the_end(
    launch: Callable[..., Gateway], upstream: Upstream, tmp_path: Path
) -> None:
    compiler = shutil.which("cc") or shutil.which("clang")
    if not compiler:
        pytest.skip("There is no C compiler to make a disk hang with.")
    (tmp_path / "hang.c").write_text(HANG)
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", str(tmp_path / "hang.so"), str(tmp_path / "hang.c"), "-ldl"], check=True
    )
    trigger = tmp_path / "hangs"
    environment = {"LD_PRELOAD": str(tmp_path / "hang.so"), "HANG_FILE": str(trigger)}
    gateway = launch(upstream_config(upstream, server={"shutdown_timeout": "0s"}), environment=environment)
    assert gateway.post(CHAT, ASK).status_code == 200
    wait_until(lambda: rows(gateway) == 1, "the first row is written")
    assert gateway.process
    trigger.touch()
    for _ in range(100):
        assert gateway.post(CHAT, ASK).status_code == 200
        assert gateway.get("/ready", headers={}).status_code in (200, 503)
    wait_until(lambda: gateway.get("/ready").status_code == 503, "the gateway is not ready")
    assert "does not respond" in " ".join(gateway.get("/ready").json()["problems"])
    gateway.process.send_signal(signal.SIGTERM)
    # Nothing can be written or given up on: only the process can end.
    assert gateway.process.wait(PATIENCE * 2) == 1
    [line] = [line for line in gateway.stderr.splitlines() if " critical " in line]
    assert "usage_rows_lost=100" in line
