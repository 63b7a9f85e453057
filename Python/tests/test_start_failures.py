# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""A start that fails: it loses no token, and says in one line what is wrong, in which file, and what to do."""

from __future__ import annotations

import os
import re
import resource
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from gateway import ADMIN_TOKEN, BINARY, PATIENCE, Gateway, clean_environment

ASK = {"model": "system.ai.gpt-5", "messages": [{"role": "user", "content": "Hello!"}]}
CHAT = "/mlflow/v1/chat/completions"
TOKEN = re.compile(r"token[^:\n]*: *(\S+)", re.IGNORECASE)


def attempt(data: Path, *arguments: str, shell: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """One `gatehouse serve` that is expected to end by itself; `shell` redirects its streams."""
    command = [str(BINARY), "serve", "--port", "0", "--data", str(data), *arguments]
    if shell:
        command = ["/bin/sh", "-c", f'exec "$@" {shell}', "sh", *command]
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=clean_environment(data.parent, **environment),
        timeout=PATIENCE * 2,
    )


def tokens(data: Path) -> list[str]:
    file = data / "gatehouse.sqlite"
    if not file.exists():
        return []
    with sqlite3.connect(file) as database:
        return [row[0] for row in database.execute("SELECT principal FROM access_token")]


def complains(result: subprocess.CompletedProcess[str], *words: str) -> None:
    """One line of the log, exit status 1, no trace."""
    lines = result.stderr.strip().splitlines()
    assert result.returncode == 1, f"{result.returncode}: {result.stderr}"
    assert len(lines) == 1, result.stderr
    for word in words:
        assert word in lines[0], f"{word!r} is not in {lines[0]!r}"
    assert "Fatal" not in result.stderr and "NIOSSLError" not in result.stderr and ".swift" not in result.stderr


# The first token


def test_a_first_start_that_fails_does_not_use_up_the_token(launch: Callable[..., Gateway], tmp_path: Path) -> None:
    gateway = launch(token=None)
    assert gateway.stop() == 0
    for file in gateway.data.iterdir():
        file.unlink()
    bad = tmp_path / "bad.yaml"
    bad.write_text("nonsense: 1\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for arguments in (
            ("--config", str(bad)),
            ("--config", str(tmp_path / "missing.yaml")),
            ("--port", str(taken.getsockname()[1])),
        ):
            result = attempt(gateway.data, *arguments)
            assert result.returncode == 1
            assert tokens(gateway.data) == [], arguments
    before = len(gateway.stdout)
    gateway.start()
    [token] = TOKEN.findall(gateway.stdout[before:])
    # At once: the token is known before the line that says that the gateway listens.
    assert gateway.post(CHAT, ASK, headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize("shell", [">&-", ">/dev/full"], ids=["closed", "full"])
def test_a_token_that_cannot_be_printed_is_not_stored(
    launch: Callable[..., Gateway], tmp_path: Path, shell: str
) -> None:
    data = tmp_path / "data"
    complains(attempt(data, shell=shell), "token", "not stored", "Standard output")
    assert tokens(data) == []
    created = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {shell}', "sh", str(BINARY)]
        + ["token", "create", "--user", "a@example.com", "--data", str(data)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=clean_environment(tmp_path),
        timeout=PATIENCE,
    )
    assert created.returncode == 1 and "Standard output" in created.stderr
    assert tokens(data) == []
    # What was written instead of being printed went into no file.
    assert not [file for file in data.iterdir() if b"gth_" in file.read_bytes()]


# The administrator's token


@pytest.mark.parametrize("token", ["a", "short-token-15c", "a" * 40, "abababababababababab"])
def test_a_token_that_is_easily_guessed_is_refused_where_others_can_reach_the_gateway(
    tmp_path: Path, token: str
) -> None:
    for host in ("0.0.0.0", "::"):
        result = attempt(tmp_path / "data", "--host", host, GATEHOUSE_ADMIN_TOKEN=token)
        complains(result, "GATEHOUSE_ADMIN_TOKEN", "16 characters")


def test_a_token_that_is_easily_guessed_is_warned_of_on_loopback(launch: Callable[..., Gateway]) -> None:
    gateway = launch(token="a")
    assert gateway.post(CHAT, ASK).status_code == 200
    assert "GATEHOUSE_ADMIN_TOKEN" in gateway.stderr


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", " {} ", "\t{}"])
def test_blanks_around_the_administrators_token_do_not_lock_anybody_out(
    launch: Callable[..., Gateway], around: str
) -> None:
    gateway = launch(environment={"GATEHOUSE_ADMIN_TOKEN": around.format(ADMIN_TOKEN)}, token=None)
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    assert gateway.post(CHAT, ASK, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "token", [f'"{ADMIN_TOKEN}"', f"'{ADMIN_TOKEN}'", f"{ADMIN_TOKEN} x", f"{ADMIN_TOKEN}\nx", ADMIN_TOKEN + "é", " \n"]
)
def test_a_token_that_no_client_could_send_is_refused(tmp_path: Path, token: str) -> None:
    result = attempt(tmp_path / "data", GATEHOUSE_ADMIN_TOKEN=token)
    complains(result, "GATEHOUSE_ADMIN_TOKEN")
    assert ADMIN_TOKEN not in result.stdout + result.stderr


# What a start needs


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Path]]:
    """Two certificates with their keys."""
    directory = tmp_path_factory.mktemp("pairs")
    made = []
    for name in ("one", "two"):
        chain, key = directory / f"{name}.pem", directory / f"{name}.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
            + ["-days", "2", "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(chain)],
            check=True,
            capture_output=True,
        )
        made.append((chain, key))
    return made


def serve_tls(tmp_path: Path, chain: Path, key: Path) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "tls.yaml"
    file.write_text(f"simulator: true\nserver: {{tls: {{certificate: '{chain}', key: '{key}'}}}}\n")
    return attempt(tmp_path / "data", "--config", str(file))


def test_tls_files_that_cannot_be_used_are_named(tmp_path: Path, pairs: list[tuple[Path, Path]]) -> None:
    (chain, key), (_, other) = pairs
    complains(serve_tls(tmp_path, chain, other), str(chain), str(other), "does not match")
    nothing = tmp_path / "empty.pem"
    nothing.write_text("")
    missing = tmp_path / "missing.pem"
    for bad, words in ((nothing, "PEM"), (missing, "No such file"), (tmp_path, "not a regular file"), (key, "PEM")):
        complains(serve_tls(tmp_path, bad, key), str(bad), words)
    for bad, words in ((nothing, "PEM"), (missing, "No such file"), (tmp_path, "not a regular file"), (chain, "PEM")):
        complains(serve_tls(tmp_path, chain, bad), str(bad), words)


def test_a_file_of_authorities_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    missing, empty = tmp_path / "missing.pem", tmp_path / "empty.pem"
    empty.write_text("nothing\n")
    for file in (missing, empty, tmp_path):
        complains(attempt(tmp_path / "data", SSL_CERT_FILE=str(file)), "SSL_CERT_FILE", str(file))


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file/below"):
        complains(attempt(path), str(path), "--data")


def test_a_port_or_an_address_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        complains(attempt(tmp_path / "data", "--port", str(port)), str(port), "--port")
    complains(attempt(tmp_path / "data", "--host", "192.0.2.1"), "192.0.2.1", "--host")


FILES = ["gatehouse.sqlite", "usage.sqlite", "responses.sqlite"]


@pytest.fixture
def stopped(launch: Callable[..., Gateway]) -> Path:
    """The data directory of a gateway that has served and is stopped."""
    gateway = launch()
    assert gateway.stop() == 0
    return gateway.data


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_later_version_is_named(stopped: Path, name: str) -> None:
    with sqlite3.connect(stopped / name) as database:
        database.execute("PRAGMA user_version = 9999")
    database.close()
    complains(attempt(stopped), name, "9999", "later gateway")


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_damaged_is_named(stopped: Path, name: str) -> None:
    (stopped / name).write_bytes(b"no database " * 1000)
    complains(attempt(stopped), name)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("BEGIN EXCLUSIVE")
    yield
    database.close()


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_another_process_holds_is_named(stopped: Path, name: str) -> None:
    with locked(stopped / name):
        complains(attempt(stopped), name, "another process")


def test_a_disk_without_room_is_named(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

    result = subprocess.run(
        [str(BINARY), "serve", "--port", "0", "--data", str(tmp_path / "data")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=clean_environment(tmp_path),
        timeout=PATIENCE,
        preexec_fn=limit,
    )
    complains(result, str(tmp_path / "data"))


def test_a_start_that_fails_ends_while_nobody_reads_its_log(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while True:
            os.write(write, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(write, True)
    process = subprocess.Popen(
        [str(BINARY), "serve", "--config", "/nonexistent.yaml", "--port", "0", "--data", str(tmp_path / "data")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=write,
        env=clean_environment(tmp_path),
    )
    os.close(write)
    assert process.wait(PATIENCE) == 1
    os.close(read)


def test_several_problems_of_a_file_are_a_line_each(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("one: 1\ntwo: 2\n")
    result: Any = attempt(tmp_path / "data", "--config", str(file))
    lines = result.stderr.strip().splitlines()
    assert result.returncode == 1 and len(lines) == 2
    assert "bad.yaml:1" in lines[0] and "bad.yaml:2" in lines[1]
