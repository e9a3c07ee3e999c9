"""A server on a free loopback port that remembers every request, and asks to be watched after each."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.servers.faulty.wire import Asked, Reply, end, read_request, send_reply

Handler = Callable[[Asked], Reply]
Watch = Callable[[Asked, Reply], None]


@dataclass(frozen=True)
class Seen:
    """A request that was answered: what came, how many bytes its body had, and what was said."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    moved_bytes: int
    status: int

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def __str__(self) -> str:
        return f"{self.method} {self.target} → {self.status}"


@dataclass
class Server:
    """A running server: its ``127.0.0.1:port``, its scheme, and every request so far."""

    host: str
    scheme: str = "http"
    seen: list[Seen] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}"

    def asked(self, method: str, part: str = "") -> list[Seen]:
        """Return the requests with this method and this part in their target."""
        return [seen for seen in self.seen if seen.method == method and part in seen.target]


def unwatched(_asked: Asked, _reply: Reply) -> None:
    """Look at nothing."""


@contextmanager
def serve(handler: Handler, *, watch: Watch = unwatched, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve while the block runs.

    Args:
        handler: Answers, in several threads at once.
        watch: Called after each request is answered and before its answer leaves, one at a time.
        tls: Certificates, where it speaks https.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        server = Server(f"127.0.0.1:{listener.getsockname()[1]}", "https" if tls else "http")
        running = _Running(handler, watch, server, tls)
        accepting = threading.Thread(target=running.accept, args=(listener,))
        accepting.start()
        try:
            yield server
        finally:
            running.stopping.set()
            with suppress(OSError):  # it wakes whoever waits for a connection
                listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            running.stop()


class _Running:
    def __init__(self, handler: Handler, watch: Watch, server: Server, tls: ssl.SSLContext | None) -> None:
        self.stopping = threading.Event()
        self._handler, self._watch, self._server, self._tls = handler, watch, server, tls
        self._open: dict[socket.socket, threading.Thread] = {}
        self._one = threading.Lock()

    def accept(self, listener: socket.socket) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._talk, args=(connection,), daemon=True)
            self._open[connection] = thread
            thread.start()

    def stop(self) -> None:
        for connection, thread in list(self._open.items()):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(5)

    def _talk(self, accepted: socket.socket) -> None:
        connection, reset = accepted, False
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                connection = self._tls.wrap_socket(accepted, server_side=True)
            with connection.makefile("rb") as stream:
                while asked := read_request(stream, self.stopping):
                    reply = self._answer(asked)
                    reset = reply.reset
                    speaks = bool(reply.status) and not reply.reset
                    # A body that was not read to its end: too late to use the connection again.
                    last = speaks and next(asked.incoming, None) is not None
                    send_reply(connection, asked, reply, last=last)
                    if last:
                        break
        except OSError:
            pass  # somebody hung up: the client, or this server on purpose
        finally:
            end(connection, reset=reset)
            self._open.pop(accepted, None)

    def _answer(self, asked: Asked) -> Reply:
        reply = self._handler(asked)
        with self._one:
            self._server.seen.append(
                Seen(
                    asked.method,
                    asked.target,
                    asked.headers,
                    bytes(asked.received),
                    asked.moved_bytes,
                    reply.status,
                )
            )
            self._watch(asked, reply)
        return reply
