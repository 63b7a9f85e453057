# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""`gatehouse backup`, `restore` and `key rotate`, while gateways serve."""

from __future__ import annotations

import base64
import hashlib
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from config import PROVIDER_KEY
from gateway import Gateway, run, wait_until
from test_export import CHATS, UC, client, create, create_provider, external, routed
from upstream import Upstream

FILES = {"gatehouse.sqlite", "usage.sqlite", "responses.sqlite"}


def govern(gateway: Gateway, upstream: Upstream) -> None:
    """A model service `main.ai.helper` whose provider has a key."""
    admin = client(gateway)
    admin.catalogs.create("main")
    admin.schemas.create("ai", "main")
    create_provider(admin, "main.ai.provider", upstream)
    create(admin, "model", "main.ai.helper", routed(external("main.ai.provider", "m")))


def asks(gateway: Gateway, upstream: Upstream) -> bool:
    """Whether the provider gets its key."""
    upstream.reset()
    body = {"model": "main.ai.helper", "messages": [{"role": "user", "content": "Hi"}]}
    gateway.post(f"/{CHATS}", body)
    return bool(upstream.requests) and upstream.requests[-1].header("authorization") == f"Bearer {PROVIDER_KEY}"


def renew(gateway: Gateway, upstream: Upstream, version: str) -> None:
    """Changes the provider's address, which keeps the key that is stored, and so reads it."""
    body = {"config": {"custom": {"direct": {"base_url": f"{upstream.url}/{version}", "api_key": {}}}}}
    path = f"{UC}/model-provider-services/main.ai.provider"
    changed = httpx.patch(
        gateway.url + path, params={"update_mask": "config.provider"}, headers=gateway.bearer, json=body, timeout=30
    )
    assert changed.status_code == 200, changed.text


def restored(directory: Path, backup: Path, *arguments: str) -> Gateway:
    directory.mkdir()
    gateway = Gateway(directory)
    gateway.run("restore", str(backup), *arguments)
    return gateway


# Backups


def test_a_backup_has_all_that_was_acknowledged(
    launch: Callable[..., Gateway], upstream: Upstream, tmp_path: Path
) -> None:
    """While many writes are under way."""
    gateway = launch()
    govern(gateway, upstream)
    assert asks(gateway, upstream)
    gateway.usage("service_name = 'main.ai.helper'")
    acknowledged: list[str] = []
    lock, stop = threading.Lock(), threading.Event()

    def write(worker: int) -> None:
        with gateway.client() as http:
            number = 0
            while not stop.is_set():
                name, number = f"c{worker}_{number}", number + 1
                made = http.post(f"{UC}/catalogs", json={"name": name, "comment": name})
                assert made.status_code == 200, made.text
                with lock:
                    acknowledged.append(name)

    workers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    try:
        wait_until(lambda: len(acknowledged) > 100, "writes are acknowledged")
        with lock:
            before = list(acknowledged)
        backup = tmp_path / "backup"
        told = gateway.run("backup", str(backup), "--include-key").stdout
        after = len(acknowledged)
        wait_until(lambda: len(acknowledged) > after + 20, "writes go on after the backup")
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    assert {file.name for file in backup.iterdir()} == FILES | {"encryption.key"}
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in backup.iterdir())
    assert backup.stat().st_mode & 0o777 == 0o700
    assert all(str(backup / name) in told for name in FILES)

    other = restored(tmp_path / "other", backup)
    assert (other.data / "encryption.key").stat().st_mode & 0o777 == 0o600
    other.start()
    try:
        there = {one.name for one in client(other).catalogs.list()}
        assert set(before) <= there
        assert asks(other, upstream)
        other.usage("service_name = 'main.ai.helper'", count=2)
    finally:
        assert other.stop() == 0


def test_a_backup_without_the_key_says_so(launch: Callable[..., Gateway], upstream: Upstream, tmp_path: Path) -> None:
    gateway = launch()
    govern(gateway, upstream)
    backup = tmp_path / "backup"
    assert "encryption key is not in the backup" in gateway.run("backup", str(backup)).stdout
    assert {file.name for file in backup.iterdir()} == FILES
    refused = gateway.run("backup", str(backup), check=False)
    assert refused.returncode != 0 and "is not empty" in refused.stderr
    (tmp_path / "other").mkdir()
    other = Gateway(tmp_path / "other")
    assert "put the one of its gateway to" in other.run("restore", str(backup)).stdout
    # A key may be there before, too.
    (tmp_path / "third").mkdir()
    third = Gateway(tmp_path / "third")
    third.data.mkdir()
    key = (gateway.data / "encryption.key").read_bytes()
    (third.data / "encryption.key").write_bytes(key)
    third.run("restore", str(backup))
    assert (third.data / "encryption.key").read_bytes() == key
    third.start()
    try:
        assert asks(third, upstream)
    finally:
        assert third.stop() == 0
    # Another key cannot read it, and the start says why.
    process = other.spawn()
    assert process.wait(30) == 1
    assert "a key that the gateway does not have" in other.stderr


def test_a_restore_replaces_nothing_unasked(launch: Callable[..., Gateway], upstream: Upstream, tmp_path: Path) -> None:
    gateway = launch()
    client(gateway).catalogs.create("before")
    backup = tmp_path / "backup"
    gateway.run("backup", str(backup))
    client(gateway).catalogs.create("after")
    for force in ((), ("--force",)):
        refused = gateway.run("restore", str(backup), *force, check=False)
        assert refused.returncode != 0 and "is in use" in refused.stderr
    client(gateway).catalogs.create("still")
    assert gateway.stop() == 0
    refused = gateway.run("restore", str(backup), check=False)
    assert refused.returncode != 0 and "is not empty" in refused.stderr
    with sqlite3.connect(backup / "usage.sqlite") as database:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute("PRAGMA user_version = 9999")
    refused = gateway.run("restore", str(backup), "--force", check=False)
    assert refused.returncode != 0 and "later gateway" in refused.stderr
    gateway.start()
    assert {"before", "after", "still"} <= {one.name for one in client(gateway).catalogs.list()}
    assert gateway.stop() == 0
    database.execute(f"PRAGMA user_version = {version}")
    database.close()
    # Also in the place of a file that is damaged.
    (gateway.data / "usage.sqlite").write_bytes(b"no database " * 1000)
    gateway.run("restore", str(backup), "--force")
    assert not [file for file in gateway.data.iterdir() if "restored" in file.name or "partial" in file.name]
    gateway.start()
    names = {one.name for one in client(gateway).catalogs.list()}
    assert "before" in names and not {"after", "still"} & names
    refused = run("restore", str(tmp_path), "--data", str(tmp_path / "new"), check=False)
    assert refused.returncode != 0 and "There is no backup" in refused.stderr


# Keys


def key_ids(gateway: Gateway) -> list[str]:
    keys = (gateway.data / "encryption.key").read_text().split()
    return [hashlib.sha256(base64.b64decode(key)).digest()[:8].hex() for key in keys]


def used_ids(gateway: Gateway) -> set[str]:
    """The ids of the keys that what is stored is encrypted with."""
    with sqlite3.connect(gateway.data / "gatehouse.sqlite") as database:
        sql = "SELECT secrets FROM object WHERE length(secrets) > 0 UNION ALL SELECT value FROM sealed"
        found = {row[0][1:9].hex() for row in database.execute(sql)}
    database.close()
    return found


def test_a_key_is_renewed_while_the_gateway_serves(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch()
    govern(gateway, upstream)
    (first,) = key_ids(gateway)
    assert used_ids(gateway) == {first}
    gateway.run("key", "rotate")
    second, *others = key_ids(gateway)
    assert others == [first] and second != first and used_ids(gateway) == {second}
    assert (gateway.data / "encryption.key").stat().st_mode & 0o777 == 0o600
    # The gateway reads the new key when it meets it, and encrypts with it.
    wait_until(lambda: gateway.get("/api/gatehouse/config").json()["catalog_version"] >= 5, "the change is seen")
    renew(gateway, upstream, "v2")
    assert asks(gateway, upstream) and used_ids(gateway) == {second}
    gateway.run("key", "rotate", "--drop-old")
    (third,) = key_ids(gateway)
    renew(gateway, upstream, "v3")
    assert asks(gateway, upstream) and used_ids(gateway) == {third}
    gateway.kill()
    gateway.start()
    assert asks(gateway, upstream)
    actions = gateway.sql("SELECT action_name FROM system.access.audit WHERE action_name = 'rotateEncryptionKey'")
    assert len(actions) == 2
    assert PROVIDER_KEY not in gateway.output


def test_no_secret_is_lost_while_keys_are_renewed(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch()
    govern(gateway, upstream)
    stop = threading.Event()
    failures: list[BaseException] = []

    def write(worker: int) -> None:
        try:
            number = 0
            while not stop.is_set():
                number += 1
                create_provider(client(gateway), f"main.ai.p{worker}_{number}", upstream)
                renew(gateway, upstream, f"v{number}")
        except BaseException as failure:
            failures.append(failure)

    workers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for worker in workers:
        worker.start()
    for _ in range(4):
        gateway.run("key", "rotate", "--drop-old")
    stop.set()
    for worker in workers:
        worker.join()
    assert not failures
    assert used_ids(gateway) <= set(key_ids(gateway)) and len(key_ids(gateway)) == 1
    assert gateway.stop() == 0
    gateway.start()
    assert asks(gateway, upstream)
    shown = gateway.get("/api/gatehouse/config").json()["objects"]
    assert not [one for one in shown if "problem" in one]


def test_a_renewal_that_cannot_be_done_changes_nothing(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch()
    govern(gateway, upstream)
    file = gateway.data / "encryption.key"
    key = file.read_text()
    other = base64.b64encode(os.urandom(32)).decode() + "\n"
    file.write_text(other)
    refused = gateway.run("key", "rotate", check=False)
    assert refused.returncode != 0 and "Nothing was changed" in refused.stderr
    assert file.read_text() == other
    file.write_text(key)
    renew(gateway, upstream, "v2")
    assert asks(gateway, upstream)
    file.unlink()
    refused = gateway.run("key", "rotate", check=False)
    assert refused.returncode != 0 and "There is no encryption key" in refused.stderr
    assert not file.exists()
    file.write_text(key)


@pytest.mark.parametrize("drops", [False, True])
def test_keys_in_a_variable_are_renewed_there(launch: Callable[..., Gateway], upstream: Upstream, drops: bool) -> None:
    old, new = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
    gateway = launch(environment={"GATEHOUSE_ENCRYPTION_KEY": old})
    govern(gateway, upstream)
    gateway.environment["GATEHOUSE_ENCRYPTION_KEY"] = f"{new},{old}"
    if drops:
        refused = gateway.run("key", "rotate", "--drop-old", check=False)
        assert refused.returncode != 0 and "GATEHOUSE_ENCRYPTION_KEY" in refused.stderr
        return
    assert gateway.stop() == 0
    gateway.start()
    gateway.run("key", "rotate")
    assert not (gateway.data / "encryption.key").exists()
    assert gateway.stop() == 0
    gateway.environment["GATEHOUSE_ENCRYPTION_KEY"] = new
    gateway.start()
    assert asks(gateway, upstream)
