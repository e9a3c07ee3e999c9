"""HTTP/1.1 as a server speaks it, down to the socket, so that a reply may break every rule.

Source: RFC 9112. Bodies are read only when somebody asks for them: a server may answer in the middle of an upload.
"""

import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import parse_qsl, urlsplit

from tests.servers.faulty.content import Content, Kept

_PIECE = 256 * 1024
_REASONS = {200: "OK", 201: "Created", 202: "Accepted", 404: "Not Found"}


@dataclass(frozen=True)
class Reply:
    """One answer, and how it leaves.

    Attributes:
        status: 0 hangs up before any answer.
        headers: A Content-Length given here is sent as it is, and left out where it is empty.
        body: Bytes or content.
        cut: End the connection after so many bytes of the body.
        reset: End the connection with RST, not FIN.
        pace: Send so many bytes, then pause so many seconds, again and again.
        raw: Exactly these bytes instead of status, headers and body; the connection ends after them.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Content = b""
    cut: int | None = None
    reset: bool = False
    pace: tuple[int, float] | None = None
    raw: bytes | None = None

    @property
    def content(self) -> Content:
        return Kept(self.body) if isinstance(self.body, bytes) else self.body

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass
class Asked:
    """One request; header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    incoming: Iterator[bytes]
    stopping: threading.Event
    received: bytearray = field(default_factory=bytearray)
    moved_bytes: int = 0

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    def one(self, name: str) -> str:
        """Return one parameter of the query, or an empty string."""
        return dict(self.query).get(name, "")

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it arrives, from where it has been read to."""
        for piece in self.incoming:
            self.moved_bytes += len(piece)
            yield piece

    def body(self) -> bytes:
        """Return the whole body."""
        for piece in self.pieces():
            self.received += piece
        return bytes(self.received)

    def swallow(self, at_least: int) -> None:
        """Read so many bytes of the body, and forget them."""
        for _ in self.pieces():
            if self.moved_bytes >= at_least:
                return

    def pause(self, seconds: float) -> None:
        """Wait, unless the server stops."""
        self.stopping.wait(seconds)


def read_request(stream: BinaryIO, stopping: threading.Event) -> Asked | None:
    """Return the next request, ``None`` where the client has hung up."""
    line = stream.readline(65536).decode("latin-1").split()
    if len(line) != 3:
        return None
    headers: dict[str, str] = {}
    while (text := stream.readline(65536).decode("latin-1").strip()) != "":
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    chunked = headers.get("transfer-encoding", "").lower() == "chunked"
    body = _chunks(stream) if chunked else _counted(stream, int(headers.get("content-length", "0")))
    return Asked(line[0], line[1], headers, body, stopping)


def _counted(stream: BinaryIO, left: int) -> Iterator[bytes]:
    while left:
        piece = stream.read(min(left, _PIECE))
        if not piece:
            raise ConnectionError("the client hung up in the middle of its body")
        left -= len(piece)
        yield piece


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while size := int(stream.readline(100).split(b";")[0], 16):
        yield from _counted(stream, size)
        stream.readline(3)
    while stream.readline(1000).strip():
        pass  # trailers


def send_reply(connection: socket.socket, asked: Asked, reply: Reply, *, last: bool) -> None:
    """Send; a reply that breaks off raises ``ConnectionError`` when as much as it wanted is out."""
    if reply.raw is not None:
        connection.sendall(reply.raw)
        raise ConnectionAbortedError("this was all it wanted to say")
    if not reply.status:
        raise ConnectionAbortedError("it wanted to say nothing")
    connection.sendall(_head(reply, last=last))
    if asked.method != "HEAD":
        _send_body(connection, asked, reply)
    if reply.header("content-length") == "" or reply.cut is not None:
        raise ConnectionAbortedError("its end is the end of the connection")


def _head(reply: Reply, *, last: bool) -> bytes:
    headers = [(name, value) for name, value in reply.headers if (name.lower(), value) != ("content-length", "")]
    if reply.header("content-length") is None and reply.status not in (204, 304):
        headers.append(("Content-Length", str(reply.content.size)))
    if last:
        headers.append(("Connection", "close"))
    lines = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Said')}", *(f"{n}: {v}" for n, v in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _send_body(connection: socket.socket, asked: Asked, reply: Reply) -> None:
    for piece in reply.content.pieces(0, reply.cut):
        step, seconds = reply.pace or (len(piece), 0.0)
        for at in range(0, len(piece), step):
            connection.sendall(piece[at : at + step])
            if seconds:
                asked.pause(seconds)


def end(connection: socket.socket, *, reset: bool) -> None:
    """End a connection: with RST, or with FIN after the client has had time to read what was said."""
    try:
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            _let_read(connection)
    except OSError:
        pass  # the client was faster
    connection.close()


def _let_read(connection: socket.socket) -> None:
    # As other servers do: closing with unread bytes would send RST and destroy the answer on its way.
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(0.5)
    while connection.recv(_PIECE):
        pass
