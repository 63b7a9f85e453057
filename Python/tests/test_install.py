# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""`make install` and `make uninstall`, into a directory of the test's own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from gateway import BINARY, ROOT

FILES = {
    "bin/gatehouse",
    "share/man/man1/gatehouse.1",
    "share/bash-completion/completions/gatehouse",
    "share/zsh/site-functions/_gatehouse",
    "share/fish/vendor_completions.d/gatehouse.fish",
    "lib/systemd/system/gatehouse.service",
}


def make(target: str, destination: Path) -> None:
    command = ["make", "--silent", target, f"BINARY={BINARY}", f"DESTDIR={destination}", "PREFIX=/opt/gatehouse"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_what_is_installed_works_and_goes_away(tmp_path: Path) -> None:
    make("install", tmp_path)
    prefix = tmp_path / "opt/gatehouse"
    found = {str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file()}
    assert found == FILES and all((prefix / file).stat().st_size for file in FILES)
    version = subprocess.run([prefix / "bin/gatehouse", "--version"], check=True, capture_output=True, text=True)
    assert version.stdout.startswith("gatehouse ")
    assert (prefix / "bin/gatehouse").stat().st_size < BINARY.stat().st_size, "it is not stripped"
    unit = (prefix / "lib/systemd/system/gatehouse.service").read_text()
    assert "ExecStart=/opt/gatehouse/bin/gatehouse serve" in unit and "@PREFIX@" not in unit
    make("uninstall", tmp_path)
    assert not [path for path in prefix.rglob("*") if path.is_file()]
