# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Keys in files, as Kubernetes and Vault mount them: used when they change, kept when the new file is of no use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config import upstream_config
from gateway import Gateway, wait_until
from upstream import Upstream

ASK = {"model": "test.ai.custom", "messages": []}
CHAT = "/openai/v1/chat/completions"
ONE, OTHER = "sk-file-canary-1111", "sk-file-canary-2222"


def start(launch: Any, upstream: Upstream, file: Path) -> Gateway:
    config = upstream_config(upstream)
    provider = config["provider_services"]["test.providers.custom"]
    del provider["api_key"]
    provider["api_key_file"] = str(file)
    return launch(config)


def key(gateway: Gateway, upstream: Upstream) -> str | None:
    """The key that a request carries now."""
    assert gateway.post(CHAT, ASK).status_code == 200
    value = upstream.requests[-1].header("authorization")
    assert value
    return value.removeprefix("Bearer ")


def reloads(gateway: Gateway) -> int:
    return gateway.stderr.count("Configuration reloaded")


def refusals(gateway: Gateway) -> int:
    return gateway.stderr.count("The configuration cannot be used")


def test_a_key_that_is_written_over_is_used_at_once(launch: Any, upstream: Upstream, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(ONE + "\n")
    gateway = start(launch, upstream, file)
    assert key(gateway, upstream) == ONE
    # Nothing has changed, so nothing is read again.
    assert reloads(gateway) == 0
    file.write_text(OTHER + "\n")
    wait_until(lambda: reloads(gateway) == 1, "the file is read again")
    assert key(gateway, upstream) == OTHER
    assert ONE not in gateway.output and OTHER not in gateway.output


def test_a_key_that_kubernetes_replaces_is_used(launch: Any, upstream: Upstream, tmp_path: Path) -> None:
    """A mounted secret is a link to a link to a directory, and that link is replaced in one step."""
    mount = tmp_path / "secret"
    for name, value in (("..2026_1", ONE), ("..2026_2", OTHER)):
        (mount / name).mkdir(parents=True)
        (mount / name / "key").write_text(value)
    (mount / "..data").symlink_to("..2026_1")
    (mount / "key").symlink_to("..data/key")
    gateway = start(launch, upstream, mount / "key")
    assert key(gateway, upstream) == ONE
    (mount / "..data_tmp").symlink_to("..2026_2")
    (mount / "..data_tmp").rename(mount / "..data")
    wait_until(lambda: reloads(gateway) == 1, "the file is read again")
    assert key(gateway, upstream) == OTHER


def test_a_file_that_is_of_no_use_keeps_the_key_and_is_logged_once(
    launch: Any, upstream: Upstream, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text(ONE)
    gateway = start(launch, upstream, file)
    file.unlink()
    wait_until(lambda: refusals(gateway) == 1, "the missing file is logged")
    assert "api_key_file" in gateway.stderr and "No such file or directory" in gateway.stderr
    assert key(gateway, upstream) == ONE
    file.write_text("two words")
    wait_until(lambda: refusals(gateway) == 2, "the broken file is logged")
    assert key(gateway, upstream) == ONE
    file.write_text(OTHER)
    wait_until(lambda: reloads(gateway) == 1, "the good file is read")
    assert key(gateway, upstream) == OTHER
    # Each reason was told once.
    assert refusals(gateway) == 2
    assert "two words" not in gateway.output


def test_a_file_that_may_not_be_read_is_read_when_it_may(launch: Any, upstream: Upstream, tmp_path: Path) -> None:
    """A directory in its place stands for one: tests may run as root, who may read everything."""
    file = tmp_path / "key"
    file.write_text(ONE)
    gateway = start(launch, upstream, file)
    file.unlink()
    file.mkdir()
    wait_until(lambda: refusals(gateway) >= 1, "the directory is logged")
    file.rmdir()
    file.write_text(OTHER)
    wait_until(lambda: reloads(gateway) == 1, "the good file is read")
    assert key(gateway, upstream) == OTHER
