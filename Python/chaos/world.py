# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""A machine of the run's own: its network, its name server, its small disk. Nothing outside notices.

The run re-executes itself in private mount and network namespaces, as root or through a user namespace. There `lo` is
the only interface, /etc/resolv.conf names a server of ours, and a tmpfs plays the disk that fills up.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

INSIDE = "GATEHOUSE_CHAOS_INSIDE"


def enter() -> None:
    """Goes on inside the namespaces; exits with what is missing where they cannot be made."""
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    for tool in ("unshare", "ip"):
        if not shutil.which(tool):
            raise SystemExit(f"The chaos run needs the command '{tool}' (Debian: util-linux, iproute2).")
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", *user, "--mount", "--net", "--propagation", "private", sys.executable, *sys.argv]
    os.execvpe("unshare", command, {**os.environ, INSIDE: "1"})


class SmallDisk:
    """A file system of a few MiB."""

    def __init__(self, directory: Path, mebibytes: int) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        options = ["-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs"]
        subprocess.run(["mount", *options, str(directory)], check=True)

    def fill(self) -> None:
        """Writes until nothing more fits."""
        with open(self.directory / "ballast", "wb", buffering=0) as file:
            for size in (1 << 16, 1 << 12):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    continue

    def free(self) -> None:
        (self.directory / "ballast").unlink(missing_ok=True)

    def remove(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.directory)], check=False)


class NameServer:
    """A DNS server on 127.0.0.1:53.

    `*.healthy.test` is 127.0.0.1 at once, `*.slow.test` fails after some seconds, `*.mute.test` never answers.
    """

    def __init__(self, slow: float = 4.0) -> None:
        self.slow = slow
        self.queries = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        folder = Path(tempfile.mkdtemp(prefix="gatehouse-chaos-"))
        for name, text in {
            "resolv.conf": "nameserver 127.0.0.1\noptions timeout:5 attempts:1\n",
            "nsswitch.conf": "hosts: files dns\n",
            "hosts": "127.0.0.1 localhost\n",
        }.items():
            (folder / name).write_text(text)
            target = Path("/etc", name)
            if target.exists():
                subprocess.run(["mount", "--bind", str(folder / name), str(target.resolve())], check=True)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            query, client = self.socket.recvfrom(2048)
            self.queries += 1
            threading.Thread(target=self._answer, args=(query, client), daemon=True).start()

    def _answer(self, query: bytes, client: tuple[str, int]) -> None:
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += query[at] + 1
        kind = int.from_bytes(query[at + 1 : at + 3], "big")
        question = query[12 : at + 5]
        group = ".".join(labels[-2:])
        if group == "mute.test":
            return
        if group == "slow.test":
            time.sleep(self.slow)
        found = group == "healthy.test"
        has_address = found and kind == 1
        flags = b"\x81\x80" if found else b"\x81\x82"
        head = query[:2] + flags + b"\x00\x01" + (b"\x00\x01" if has_address else b"\x00\x00") + b"\x00\x00\x00\x00"
        record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x7f\x00\x00\x01" if has_address else b""
        self.socket.sendto(head + question + record, client)
