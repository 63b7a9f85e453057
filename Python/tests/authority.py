# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""A certificate authority of one's own, by the openssl command."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


class Authority:
    """An authority in a directory, and what it certifies."""

    def __init__(self, directory: Path, name: str = "Test CA") -> None:
        self.directory = directory
        self.certificate, self.key = directory / f"{name}.pem", directory / f"{name}.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
            + ["-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE"]
            + ["-keyout", str(self.key), "-out", str(self.certificate)],
            check=True,
            capture_output=True,
        )

    def certify(self, name: str, *alternatives: str) -> tuple[Path, Path]:
        """A certificate for names such as `DNS:localhost`, and its key."""
        chain, key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        extensions = ["-addext", f"subjectAltName={','.join(alternatives)}"] if alternatives else []
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
            + ["-subj", f"/CN={name}", *extensions, "-CA", str(self.certificate), "-CAkey", str(self.key)]
            + ["-addext", "basicConstraints=critical,CA:FALSE"]
            + ["-keyout", str(key), "-out", str(chain)],
            check=True,
            capture_output=True,
        )
        return chain, key

    def server(self, name: str, *alternatives: str, asks_clients: bool = False) -> ssl.SSLContext:
        """A server's side of TLS with a new certificate; with `asks_clients` for clients of this authority only."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certify(name, *alternatives))
        if asks_clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.certificate)
        return context
