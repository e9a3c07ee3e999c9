"""A relay that counts the requests passing through it, on a free loopback port."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_BUFFER_BYTES = 65536
_HEAD = b" HTTP/1.1\r\n"


@dataclass(slots=True)
class Relay:
    """Where it listens, as ``127.0.0.1:port``, and how many requests have passed."""

    host: str
    requests: int = 0


@contextmanager
def relay(to: str) -> Iterator[Relay]:
    """Relay to a ``host:port`` while the block runs.

    A request is counted by its first line, which clients send in one piece; bodies here are noise, in which none
    is to be expected.
    """
    name, _, port = to.rpartition(":")

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((name, int(port))) as beyond:
                back = threading.Thread(target=_pass, args=(beyond, self.request), daemon=True)
                back.start()
                with suppress(OSError):
                    while content := self.request.recv(_BUFFER_BYTES):
                        counted.requests += content.count(_HEAD)
                        beyond.sendall(content)
                with suppress(OSError):
                    beyond.shutdown(socket.SHUT_WR)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        counted = Relay(f"127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield counted
        finally:
            server.shutdown()
            thread.join()


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(_BUFFER_BYTES):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)
