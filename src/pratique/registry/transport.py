"""HTTP, and nothing of registries: one hardened way to ask, to read and to send.

``http.client`` under a dialer that connects to the address it checked. Redirects are followed at most five times,
never from https to http, and credentials never leave the origin they belong to. Bodies are limited, and never
decoded. Source: RFC 9110, RFC 9112.
"""

import http.client
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from pratique.errors import Malformed, PratiqueError, Refused, Unreachable, Unverified
from pratique.registry.address import Origin, follow_url, origin_of
from pratique.registry.blob import pump
from pratique.registry.connect import Connector
from pratique.registry.interface import Reader
from pratique.registry.manifest import Descriptor

MAX_ERROR_BYTES: Final = 64 * 1024
_MAX_REDIRECTS = 5
_BODY_SECONDS = 120  # for a whole small answer: a server that drips bytes must not hold a worker for ever
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_STALE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Authorization:
    """A value for the Authorization header, and the only origin that may see it."""

    origin: Origin
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One question; ``max_redirects`` 0 hands a redirect back as the answer."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    max_redirects: int = _MAX_REDIRECTS


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; header names are in lower case."""

    url: str
    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """Return the first header of this lower-case name, empty without one."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return every header of this lower-case name."""
        return tuple(value for key, value in self.headers if key == name)


class Stream:
    """An answer whose body is still arriving; close it."""

    def __init__(
        self, url: str, response: http.client.HTTPResponse, connection: http.client.HTTPConnection, home: "_Pool"
    ) -> None:
        self.head = Answer(url, response.status, _headers(response), b"")
        self._response = response
        self._connection = connection
        self._home = home

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer; 0 at the end, also at one that came too early."""
        with _network(self.head.url):
            return self._response.readinto(buffer)

    def whole(self, max_bytes: int) -> Answer:
        """Read the rest and close.

        Raises:
            Malformed: It is longer than ``max_bytes``.
            Unreachable: It broke off, or took too long.
        """
        content, end = bytearray(), time.monotonic() + _BODY_SECONDS
        try:
            with _network(self.head.url):
                while part := self._response.read1(min(65536, max_bytes + 1 - len(content))):
                    content += part
                    if len(content) > max_bytes:
                        raise Malformed(f"{_shown(self.head.url)}: expected at most {max_bytes} bytes, found more")
                    if time.monotonic() > end:
                        raise Unreachable(f"{_shown(self.head.url)}: the answer took more than {_BODY_SECONDS} s")
                if self._response.length:
                    raise Unreachable(f"{_shown(self.head.url)}: the answer broke off; try again")
                self._response.read()  # nothing is left; only now is the connection free for the next question
        finally:
            self.close()
        return Answer(self.head.url, self.head.status, self.head.headers, bytes(content))

    def close(self) -> None:
        """Give the connection back if its answer was read to the end, else end it."""
        done = self._response.isclosed() and not self._response.will_close
        self._response.close()
        self._home.give_back(self._connection) if done else self._connection.close()


class Transport:
    """Asks; safe to share between threads."""

    def __init__(self, connector: Connector, insecure: frozenset[str]) -> None:
        """Prepare, without connecting.

        Args:
            connector: Opens every connection, and says which certificates are believed.
            insecure: The ``host:port`` to which plain HTTP is spoken; everything else needs TLS.
        """
        self._connector = connector
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
        raise Unreachable(f"{_shown(request.url)}: more than {request.max_redirects} redirects; ask who runs it")

    def upload(
        self, request: Request, authorization: Authorization | None, blob: Descriptor, reader: Reader
    ) -> Answer:
        """Send a question whose body is a blob; its last bytes go out only when they are known to be right.

        Raises:
            Unverified: The bytes are not the blob's; the destination never held a complete body.
            Unreachable: The network failed.
        """
        origin = self.checked(request.url)
        with _network(request.url):
            connection = self._connector.connect(origin)
            try:
                self._begin(connection, request, request.url, authorization, blob.size)
                home = _Pool()  # what was not sent to the end must not be used again
                # It may answer and close before it has heard all, and then says why.
                with suppress(*_STALE):
                    pump(reader, blob, connection.send)
                    home = self._pool(origin)
                return Stream(request.url, connection.getresponse(), connection, home).whole(MAX_ERROR_BYTES)
            except (OSError, http.client.HTTPException, PratiqueError):
                connection.close()
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
            raise Unreachable(f"{_shown(url)}: answers {request.method} with a redirect, which is not followed")
        target = follow_url(url, location)
        if origin_of(url).scheme == "https" and origin_of(target).scheme != "https":
            raise Refused(f"{_shown(url)}: redirects from https to http; refused")
        return target

    def _ask(self, request: Request, url: str, authorization: Authorization | None) -> Stream:
        origin = self.checked(url)
        pool = self._pool(origin)
        with _network(url):
            while reused := pool.take():
                with suppress(*_STALE):  # the other side closed it while it lay idle; nothing was answered
                    return self._exchange(reused, request, url, authorization)
            return self._exchange(self._connector.connect(origin), request, url, authorization)

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        request: Request,
        url: str,
        authorization: Authorization | None,
    ) -> Stream:
        try:
            self._begin(connection, request, url, authorization, len(request.body))
            if request.body:
                connection.send(request.body)
            return Stream(url, connection.getresponse(), connection, self._pool(origin_of(url)))
        except (OSError, http.client.HTTPException, PratiqueError):
            connection.close()
            raise

    def _begin(
        self,
        connection: http.client.HTTPConnection,
        request: Request,
        url: str,
        authorization: Authorization | None,
        length: int,
    ) -> None:
        origin, parts = origin_of(url), urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", parts.netloc)
        connection.putheader("Accept-Encoding", "identity")  # the bytes that arrive are the bytes that are hashed
        for name, value in request.headers:
            connection.putheader(name, value)
        if authorization and authorization.origin == origin:
            connection.putheader("Authorization", authorization.value)
        if length or request.method not in ("GET", "HEAD"):
            connection.putheader("Content-Length", str(length))
        connection.endheaders()

    def _pool(self, origin: Origin) -> "_Pool":
        with self._guard:
            return self._pools.setdefault(origin, _Pool())


class _Pool:
    """Idle connections to one origin, the last used first."""

    def __init__(self) -> None:
        self._idle: list[http.client.HTTPConnection] = []
        self._guard = threading.Lock()

    def take(self) -> http.client.HTTPConnection | None:
        with self._guard:
            return self._idle.pop() if self._idle else None

    def give_back(self, connection: http.client.HTTPConnection) -> None:
        with self._guard:
            self._idle.append(connection)


@contextmanager
def _network(url: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or "failed"
        raise Unreachable(f"{_shown(url)}: TLS: {reason}; see its certificate") from error
    except (OSError, http.client.HTTPException) as error:
        reason = str(error) or type(error).__name__
        raise Unreachable(f"{_shown(url)}: {reason[:200]}; try again") from error


def _headers(response: http.client.HTTPResponse) -> Headers:
    headers = tuple((name.lower(), value.strip()) for name, value in response.getheaders())
    encoding = dict(headers).get("content-encoding", "identity").lower()
    if encoding not in ("", "identity"):
        response.close()
        raise Unverified(f"answer encoded as {encoding[:40]!r} though plain bytes were asked for; do not use it")
    return headers


def _shown(url: str) -> str:
    """The URL without its query, which may hold signatures of a storage service."""
    return url.partition("?")[0]
