# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""A small CONNECT proxy that remembers what it was asked for, and misbehaves as a test tells it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """The proxy, one thread for each direction of a connection."""

    #: Where names lead; nobody else looks them up.
    names: dict[str, tuple[str, int]]
    #: TLS on the connection to the proxy itself.
    tls: ssl.SSLContext | None = None
    #: What it answers to CONNECT.
    answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n"
    #: Whether the answer goes out one byte at a time.
    splits: bool = False
    #: Whether it never answers.
    hangs: bool = False
    #: The heads of all requests.
    heads: list[str] = field(default_factory=list)

    def __enter__(self) -> Proxy:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # A blocked accept does not notice a close.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
            stack.enter_context(client)
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                more = client.recv(1)
                if not more:
                    return
                head += more
            self.heads.append(head.decode())
            if self.hangs:
                client.recv(1)
                return
            for piece in [bytes([byte]) for byte in self.answer] if self.splits else [self.answer]:
                client.sendall(piece)
            target = self.heads[-1].split()[1]
            if not self.answer.startswith(b"HTTP/1.1 2") or target not in self.names:
                return
            upstream = stack.enter_context(socket.create_connection(self.names[target]))
            back = threading.Thread(target=self._pump, args=(upstream, client), daemon=True)
            back.start()
            self._pump(client, upstream)
            back.join()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
