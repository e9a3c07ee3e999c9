"""An HTTP proxy of a test: tunnels CONNECT, forwards whole URLs, and remembers what it was asked.

It resolves names by a table of the test's own, so that ``registry.example`` may lead to a loopback port.
"""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer


@dataclass
class RunningProxy:
    """Its ``127.0.0.1:port``, and the head of every question so far."""

    host: str
    heads: list[str] = field(default_factory=list)


@contextmanager
def http_proxy(places: Mapping[str, str], answer: str = "") -> Iterator[RunningProxy]:
    """Serve while the block runs.

    Args:
        places: ``host:port`` as asked for → ``127.0.0.1:port`` where it is.
        answer: What is answered to every question instead of going there.
    """

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            lines = []
            while (line := self.rfile.readline().decode("latin-1")) not in ("\r\n", ""):
                lines.append(line)
            head = "".join(lines)
            running.heads.append(head)
            if answer:
                self.wfile.write(answer.encode("latin-1"))
                return
            method, target, _ = head.split(" ", 2)
            with suppress(OSError):
                self.tunnel(target) if method == "CONNECT" else self.forward(method, target, lines)

        def tunnel(self, target: str) -> None:
            with socket.create_connection(_address(places[target])) as there:
                self.connection.sendall(b"HTTP/1.1 200 Connection established\r\nX-Of: a proxy\r\n\r\n")
                back = threading.Thread(target=_pump, args=(there, self.connection))
                back.start()
                _pump(self.connection, there)
                back.join()

        def forward(self, method: str, target: str, lines: list[str]) -> None:
            authority, _, path = target.removeprefix("http://").partition("/")
            kept = [line for line in lines[1:] if not line.lower().startswith("proxy-")]
            with socket.create_connection(_address(places[authority])) as there:
                there.sendall(f"{method} /{path} HTTP/1.1\r\nConnection: close\r\n{''.join(kept)}\r\n".encode())
                _pump(there, self.connection)

    class Listener(ThreadingTCPServer):
        daemon_threads = True

    listener = Listener(("127.0.0.1", 0), Handler)
    running = RunningProxy(f"127.0.0.1:{listener.server_address[1]}")
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


def _address(host: str) -> tuple[str, int]:
    name, _, port = host.rpartition(":")
    return name, int(port)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
