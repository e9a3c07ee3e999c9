"""Which certificates are believed where, and which is shown to whom.

A client certificate is a credential: it is shown to the registry's own origin alone. A registry's own certificate
authority is believed on that registry's host alone, and at its token service.
"""

import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from pratique.registry.address import Origin
from pratique.registry.flow import Flow
from pratique.values.dataclass import dataclass

if TYPE_CHECKING:
    import ssl


@dataclass(frozen=True, slots=True)
class Tls:
    """How to speak TLS with one registry; every path is a PEM file.

    Attributes:
        authorities: Further certificate authorities, beside the system's.
        certificate: Who we are; may hold the key as well.
        key: The certificate's private key, not encrypted.
    """

    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class Contexts:
    """The TLS settings of everything that one registry may lead to; safe to share between threads."""

    def __init__(self, own: Origin, token_host: str, tls: Tls, authorities: Path | None) -> None:
        """Prepare, without reading a file.

        Args:
            own: The registry.
            token_host: The host of its token service, empty if it is its own.
            tls: What holds for the registry.
            authorities: Further certificate authorities that are believed everywhere.
        """
        self._own = own
        self._hosts = frozenset({own.host, token_host})
        self._tls = tls
        self._authorities = authorities
        self._made: dict[tuple[Tls, Path | None], ssl.SSLContext] = {}
        self._guard = threading.Lock()

    def secured(self, sock: socket.socket, origin: Origin) -> Flow:
        """Return a connection to an origin encrypted, or close it.

        Raises:
            Absent: A file cannot be read.
            Malformed: A file holds no such thing.
            OSError: TLS fails.
        """
        from pratique.registry.tls_context import encrypted  # slow to load; a loopback registry needs none

        try:
            return encrypted(sock, self.towards(origin), origin.host)
        except BaseException:
            sock.close()
            raise

    def towards(self, origin: Origin) -> "ssl.SSLContext":
        """Return the settings for one origin; raises ``Absent`` and ``Malformed`` as :meth:`secured`."""
        from pratique.registry.tls_context import make_context

        tls = self._for(origin)
        with self._guard:  # reading the system's authorities takes 20 ms: once, and only where needed
            if tls not in self._made:
                own, everywhere = tls
                self._made[tls] = make_context((everywhere, own.authorities), own.certificate, own.key)
            return self._made[tls]

    def _for(self, origin: Origin) -> tuple[Tls, Path | None]:
        if origin == self._own:
            return self._tls, self._authorities
        ours = origin.host in self._hosts
        return Tls(self._tls.authorities if ours else None), self._authorities
