"""A witness's door: two resources over HTTP/1.1, for a proxy that speaks TLS to stand before.

::

    POST /add-checkpoint                    c2sp.org/tlog-witness
    GET  /<hex SHA-256 of origin>/checkpoint    the last cosigned checkpoint
"""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore
from typing import Final

from pratique.ledger.witness import Reply, Witness
from pratique.tlog.witness import MAX_REQUEST_BYTES, monitoring_path

_MAX_AT_ONCE: Final = 32
_PATIENCE_SECONDS: Final = 10.0


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness; ``serve_forever`` and ``shutdown`` as in the standard library."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        """Listen on this address; port 0 takes a free one."""
        self.witness = witness
        self.places = BoundedSemaphore(_MAX_AT_ONCE)
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    server_version = "pratique-witness"
    sys_version = ""
    timeout = _PATIENCE_SECONDS

    def do_POST(self) -> None:
        if self.path != "/add-checkpoint":
            self._answer(Reply(404, b"witness: expected POST /add-checkpoint\n"))
            return
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            self._answer(Reply(411, b"witness: expected a Content-Length\n"))
        elif len(length) > 8 or int(length) > MAX_REQUEST_BYTES:
            self._answer(Reply(413, f"witness: expected at most {MAX_REQUEST_BYTES} bytes\n".encode()))
        elif not self.server.places.acquire(blocking=False):
            self._answer(Reply(503, b"witness: too many requests at once; try again\n"))
        else:
            self._add(int(length))

    def _add(self, length: int) -> None:
        try:
            self._answer(self.server.witness.add_checkpoint(self.rfile.read(length)))
        finally:
            self.server.places.release()

    def do_GET(self) -> None:
        for watched in self.server.witness.state.watched():
            if self.path == f"/{monitoring_path(watched.origin)}":
                self._answer(self.server.witness.checkpoint(watched.origin))
                return
        self._answer(Reply(404, b"witness: expected /<hex SHA-256 of a known origin>/checkpoint\n"))

    def _answer(self, reply: Reply) -> None:
        self.close_connection = True
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.media_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)
