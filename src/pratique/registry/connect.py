"""From an origin to a connection ready for a question: the dialer or a proxy, then TLS.

Through a proxy the checked address cannot be the one connected to. So the target's name is resolved and checked
here all the same, as far as it resolves: an address that is refused directly is refused through a proxy, too. The
proxy itself is the operator's, and may be anywhere. Source: RFC 9110 section 9.3.6 (CONNECT), RFC 9112 section 3.2.2.
"""

import socket
import time

from pratique.errors import Refused, Unreachable
from pratique.registry.address import Dialer, Origin
from pratique.registry.flow import Flow
from pratique.registry.line import Line
from pratique.registry.proxy import Proxies, Proxy
from pratique.registry.tls import Contexts
from pratique.values.dataclass import dataclass

_MAX_ANSWER_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Connector:
    """Opens connections; safe to share between threads."""

    dialer: Dialer
    contexts: Contexts
    proxies: Proxies

    def connect(self, origin: Origin) -> Line:
        """Return a connection over which only this origin is asked.

        Raises:
            Refused: The address is not public and not trusted, or the proxy wants other credentials.
            Unreachable: Nobody answers, or the proxy fails.
            OSError: TLS fails.
        """
        proxy = self.proxies.towards(origin)
        if proxy is None:
            return self._over(self.dialer.dial(origin), origin)
        self.dialer.permit(origin)
        if origin.scheme == "https":
            return self._over(self._tunnel(proxy, origin), origin)
        authorization = (("Proxy-Authorization", proxy.authorization),) if proxy.authorization else ()
        return Line(Flow(self._dial(proxy)), str(origin), authorization)

    def _over(self, sock: socket.socket, origin: Origin) -> Line:
        return Line(self.contexts.secured(sock, origin) if origin.scheme == "https" else Flow(sock))

    def _dial(self, proxy: Proxy) -> socket.socket:
        try:
            sock = socket.create_connection((proxy.host, proxy.port), self.dialer.connect_seconds)
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"{proxy}: cannot connect: {error}; see the proxy variables") from error
        sock.settimeout(self.dialer.idle_seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def _tunnel(self, proxy: Proxy, origin: Origin) -> socket.socket:
        sock = self._dial(proxy)
        try:
            authorization = f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
            lines = f"CONNECT {origin.authority} HTTP/1.1\r\nHost: {origin.authority}\r\n{authorization}\r\n"
            sock.sendall(lines.encode("ascii"))
            _expect_success(_status(sock, proxy, time.monotonic() + self.dialer.idle_seconds), proxy, origin)
        except BaseException:
            sock.close()
            raise
        return sock


def _status(sock: socket.socket, proxy: Proxy, end: float) -> int:
    """Read an answer to CONNECT, byte by byte: what follows it belongs to TLS."""
    answer = bytearray()
    while not answer.endswith((b"\r\n\r\n", b"\n\n")):
        byte = sock.recv(1)
        answer += byte
        if not byte or len(answer) > _MAX_ANSWER_BYTES or time.monotonic() > end:
            raise Unreachable(f"{proxy}: its answer to CONNECT does not end; try again")
    words = answer.split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not (words[1].isdigit() and len(words[1]) == 3):
        raise Unreachable(f"{proxy}: answers CONNECT with something other than HTTP; see the proxy variables")
    return int(words[1])


def _expect_success(status: int, proxy: Proxy, origin: Origin) -> None:
    if status == 407:
        raise Refused(f"{proxy} wants a user name and password, or others; give them in the proxy's URL")
    if status in (401, 403):
        raise Refused(f"{proxy} does not let us reach {origin} ({status}); ask who runs it")
    if not 200 <= status < 300:
        raise Unreachable(f"{proxy} cannot reach {origin} ({status}); try again")
