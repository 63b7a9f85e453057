# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""An HTTP/1.1 client that sends exactly the bytes it is given, for what no well-behaved client would send."""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import dataclass
from typing import Any

from gateway import PATIENCE, Gateway


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes
    #: The body as it came, chunk sizes included.
    wire: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """A socket to the gateway."""

    def __init__(self, gateway: Gateway, receive_buffer: int | None = None) -> None:
        self.gateway = gateway
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((gateway.host, gateway.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def request(self, path: str, body: Any, headers: str = "", method: str = "POST") -> None:
        """A well-formed request with the administrator's token."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send(self.head(path, f"content-length: {len(content)}\r\n{headers}", method) + content)

    def head(self, path: str, headers: str = "", method: str = "POST") -> bytes:
        """A request's head with the administrator's token and its empty line."""
        lines = f"{method} {path} HTTP/1.1\r\nhost: {self.gateway.host}:{self.gateway.port}\r\n"
        lines += f"authorization: Bearer {self.gateway.token}\r\ncontent-type: application/json\r\n"
        return (lines + headers + "\r\n").encode("latin-1")

    def fill(self) -> bool:
        """Reads more; false at the end of the stream, a reset included."""
        try:
            more = self.socket.recv(65536)
        except ConnectionError:
            more = b""
        self.buffer += more
        return bool(more)

    def until(self, mark: bytes) -> bytes:
        """Everything up to and with `mark`."""
        while mark not in self.buffer:
            if not self.fill():
                raise EOFError(f"the connection ended before {mark!r}; got {self.buffer[-200:]!r}")
        at = self.buffer.index(mark) + len(mark)
        found, self.buffer = self.buffer[:at], self.buffer[at:]
        return found

    def exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            if not self.fill():
                raise EOFError(f"the connection ended; got {len(self.buffer)} of {count} bytes")
        found, self.buffer = self.buffer[:count], self.buffer[count:]
        return found

    def response_head(self) -> Response:
        """The next answer's head; interim answers are passed over."""
        line, *lines = self.until(b"\r\n\r\n").decode("latin-1").rstrip("\r\n").split("\r\n")
        status = int(line.split(" ")[1])
        pairs = (text.partition(":") for text in lines)
        return Response(status, {name.strip().lower(): value.strip() for name, _, value in pairs}, b"")

    def response(self) -> Response:
        """The next answer, whole."""
        response = self.response_head()
        while response.status in (100, 103):
            response = self.response_head()
        if "chunked" in response.headers.get("transfer-encoding", ""):
            while True:
                line = self.until(b"\r\n")
                size = int(line.split(b";")[0].strip(), 16)
                chunk = self.exactly(size + 2)
                response.wire += line + chunk
                response.body += chunk[:-2]
                if size == 0:
                    return response
        response.body = self.exactly(int(response.headers.get("content-length", "0")))
        return response

    def ended(self) -> bool:
        """Whether the gateway ends the connection; waits for it. What still comes stays in `buffer`."""
        while self.fill():
            pass
        return True

    def reset(self) -> None:
        """Ends the connection with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def exchange(gateway: Gateway, data: bytes) -> Response:
    """Sends bytes on a connection of their own and returns the first answer."""
    with Connection(gateway) as connection:
        connection.send(data)
        return connection.response()
