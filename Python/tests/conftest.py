# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Fixtures that every file of tests shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import make_certificate
from gateway import BINARY, Gateway
from upstream import Upstream


def pytest_sessionstart(session: pytest.Session) -> None:
    if not BINARY.exists():
        pytest.exit(f"There is no binary at {BINARY}: run `make build` first.", returncode=2)


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway on embedded defaults: every model of `system.ai`, served by the simulator."""
    running = Gateway(tmp_path_factory.mktemp("gateway")).start()
    yield running
    repairs = running.repairs()
    assert running.stop() == 0, running.output
    assert not repairs


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Starts gateways of a test's own; each must end cleanly when it is asked to."""
    started: list[Gateway] = []

    def start(config: dict[str, Any] | str | None = None, **options: Any) -> Gateway:
        directory = tmp_path / f"gateway-{len(started)}"
        directory.mkdir()
        started.append(Gateway(directory, config, **options))
        return started[-1].start()

    yield start
    for one in started:
        if one.running:
            assert one.stop() == 0, one.output


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A scripted upstream of a test's own."""
    with Upstream() as server:
        yield server


@pytest.fixture(scope="module")
def shared_upstream() -> Iterator[Upstream]:
    """A scripted upstream for a whole file; it forgets its script between tests."""
    with Upstream() as server:
        yield server


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory, shared_upstream: Upstream) -> Iterator[Gateway]:
    """A gateway for a whole file whose every provider is `shared_upstream`; see `upstream_config`."""
    from config import upstream_config

    running = Gateway(tmp_path_factory.mktemp("relay"), upstream_config(shared_upstream)).start()
    yield running
    assert running.stop() == 0, running.output


@pytest.fixture
def scripted(relay: Gateway, shared_upstream: Upstream) -> Iterator[Upstream]:
    """The upstream behind `relay`, with nothing seen and nothing scripted yet."""
    shared_upstream.reset()
    yield shared_upstream
    shared_upstream.reset()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and localhost that is its own authority, and its key."""
    return make_certificate(tmp_path_factory.mktemp("tls"))
