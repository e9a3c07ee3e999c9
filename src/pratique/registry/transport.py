"""HTTP, and nothing of registries: one hardened way to ask, to read and to send.

HTTP/1.1 over a dialer that connects to the address it checked. Redirects are followed at most five times,
never from https to http, and credentials never leave the origin they belong to. Bodies are limited, and never
decoded. Source: RFC 9110, RFC 9112.
"""

import threading
from contextlib import suppress
from urllib.parse import urlsplit

from pratique.errors import Refused, Unreachable
from pratique.registry.address import Origin, follow_url, origin_of
from pratique.registry.blob import pump
from pratique.registry.connect import Connector
from pratique.registry.interface import Reader
from pratique.registry.line import Line
from pratique.registry.manifest import Descriptor
from pratique.registry.messages import Answer, Authorization, Headers, Request, shown
from pratique.registry.stream import MAX_ERROR_BYTES, Stream, network

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_STALE = (ConnectionResetError, BrokenPipeError)
_MOST_ORIGINS = 16  # a registry may send for every blob to another host, each of which keeps a connection
_COMMITS = 8 * 1024 * 1024  # bytes a second that a registry is trusted to put on its disk after the last came

__all__ = ["MAX_ERROR_BYTES", "Answer", "Authorization", "Request", "Stream", "Transport"]


class Transport:
    """Asks; safe to share between threads."""

    def __init__(self, connector: Connector, insecure: frozenset[str]) -> None:
        """Prepare, without connecting.

        Args:
            connector: Opens every connection, and says which certificates are believed.
            insecure: The ``host:port`` to which plain HTTP is spoken; everything else needs TLS.
        """
        self._connector = connector
        self._idle_seconds = connector.dialer.idle_seconds
        self._insecure = insecure
        self._pools: dict[Origin, _Pool] = {}
        self._guard = threading.Lock()

    def open(self, request: Request, authorization: Authorization | None) -> Stream:
        """Send a question without a streamed body; the caller closes the answer.

        Raises:
            Refused: An address or a redirect that is not allowed.
            Unreachable: The network failed, or redirects do not end.
        """
        url = request.url
        for _ in range(request.max_redirects + 1):
            stream = self._ask(request, url, authorization)
            if stream.head.status not in _REDIRECTS or not request.max_redirects:
                return stream
            stream.close()
            url = self._redirected(request, url, stream.head.header("location"))
        raise Unreachable(f"{shown(request.url)}: more than {request.max_redirects} redirects; ask who runs it")

    def upload(
        self, request: Request, authorization: Authorization | None, blob: Descriptor, reader: Reader
    ) -> Answer:
        """Send a question whose body is a blob; its last bytes go out only when they are known to be right.

        Raises:
            Unverified: The bytes are not the blob's; the destination never held a complete body.
            Unreachable: The network failed.
        """
        origin = self.checked(request.url)
        pool = self._pool(origin)
        with network(request.url):
            line = pool.take() or self._connector.connect(origin)
            keep = _close  # what was not sent to the end must not be used again
            try:
                line.flow.settimeout(self._idle_seconds)
                line.ask(request.method, *self._question(request, request.url, authorization, blob.size))
                # It may answer and close before it has heard all, and then says why.
                with suppress(*_STALE):
                    pump(reader, blob, line.send)
                    keep = pool.give_back
                line.flow.settimeout(self._idle_seconds + blob.size / _COMMITS)
                return Stream(request.url, line.answer(request.method), line, keep).whole(MAX_ERROR_BYTES)
            except BaseException:
                line.close()
                raise

    def checked(self, url: str) -> Origin:
        """Return the origin of a URL that may be asked.

        Raises:
            Refused: It is plain HTTP to a host that is not listed for it.
        """
        origin = origin_of(url)
        if origin.scheme != "https" and origin.authority not in self._insecure:
            raise Refused(f"{origin}: plain HTTP is spoken only with hosts listed as insecure; use TLS or list it")
        return origin

    def _redirected(self, request: Request, url: str, location: str) -> str:
        if request.method not in ("GET", "HEAD") or not location:
            raise Unreachable(
                f"{shown(url)}: answers {request.method} with a redirect, which is not followed; ask who runs it"
            )
        target = follow_url(url, location)
        if origin_of(url).scheme == "https" and origin_of(target).scheme != "https":
            raise Refused(f"{shown(url)}: redirects from https to http; refused")
        return target

    def _ask(self, request: Request, url: str, authorization: Authorization | None) -> Stream:
        origin = self.checked(url)
        pool = self._pool(origin)
        with network(url):
            # The other side may have closed it while it lay idle. A write is not sent twice for that: who
            # sent it looks first whether it arrived.
            harmless = _STALE if request.method in ("GET", "HEAD", "POST") else ()
            while reused := pool.take():
                with suppress(*harmless):
                    return self._exchange(reused, origin, request, url, authorization)
            return self._exchange(self._connector.connect(origin), origin, request, url, authorization)

    def _exchange(
        self, line: Line, origin: Origin, request: Request, url: str, authorization: Authorization | None
    ) -> Stream:
        try:
            line.flow.settimeout(self._idle_seconds)
            line.ask(request.method, *self._question(request, url, authorization, len(request.body)), request.body)
            return Stream(url, line.answer(request.method), line, self._pool(origin).give_back)
        except BaseException:
            line.close()
            raise

    def _question(
        self, request: Request, url: str, authorization: Authorization | None, length: int
    ) -> tuple[str, Headers]:
        """Return the target and the headers; credentials only where the URL is of their origin."""
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = [("Host", parts.netloc), ("Accept-Encoding", "identity"), *request.headers]
        if authorization and authorization.origin == origin_of(url):
            headers.append(("Authorization", authorization.value))
        if length or request.method not in ("GET", "HEAD"):
            headers.append(("Content-Length", str(length)))
        return target, tuple(headers)

    def _pool(self, origin: Origin) -> "_Pool":
        """Return an origin's idle connections; of the origin that was asked the longest ago, they are closed."""
        with self._guard:
            pool = self._pools.pop(origin) if origin in self._pools else _Pool()
            self._pools[origin] = pool
            forgotten = [self._pools.pop(next(iter(self._pools))) for _ in range(len(self._pools) - _MOST_ORIGINS)]
        for each in forgotten:
            each.close()
        return pool


class _Pool:
    """Idle connections to one origin, the last used first."""

    def __init__(self) -> None:
        self._idle: list[Line] = []
        self._forgotten = False
        self._guard = threading.Lock()

    def take(self) -> Line | None:
        while True:
            with self._guard:
                if not self._idle:
                    return None
                line = self._idle.pop()
            if line.flow.is_quiet():
                return line
            line.close()

    def give_back(self, line: Line) -> None:
        with self._guard:
            if not self._forgotten:
                self._idle.append(line)
                return
        line.close()

    def close(self) -> None:
        with self._guard:
            self._forgotten = True
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()


def _close(line: Line) -> None:
    line.close()
