"""Which certificates are believed where, and which is shown to whom.

A client certificate is a credential: it is shown to the registry's own origin alone. A registry's own certificate
authority is believed on that registry's host alone, and at its token service.
"""

import ssl
import threading
from pathlib import Path

from pratique.errors import Absent, Malformed
from pratique.registry.address import Origin
from pratique.values.dataclass import dataclass


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

    def towards(self, origin: Origin) -> ssl.SSLContext:
        """Return the settings for one origin.

        Raises:
            Absent: A file cannot be read.
            Malformed: A file holds no such thing.
        """
        tls = self._for(origin)
        with (
            self._guard
        ):  # reading the system's authorities takes 20 ms, so it is done once, and only where needed
            if tls not in self._made:
                self._made[tls] = _context(tls[0], tls[1])
            return self._made[tls]

    def _for(self, origin: Origin) -> tuple[Tls, Path | None]:
        if origin == self._own:
            return self._tls, self._authorities
        ours = origin.host in self._hosts
        return Tls(self._tls.authorities if ours else None), self._authorities


def _context(tls: Tls, authorities: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for path in (authorities, tls.authorities):
        if path:
            _believe(context, path)
    if tls.certificate:
        _show(context, tls.certificate, tls.key)
    return context


def _believe(context: ssl.SSLContext, path: Path) -> None:
    _readable(path)
    try:
        context.load_verify_locations(path)
    except ssl.SSLError as error:
        raise Malformed(f"{path}: expected certificate authorities as PEM") from error


def _show(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    _readable(certificate)
    if key:
        _readable(key)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise Malformed(
            f"{certificate}: expected a client certificate as PEM, with its own private key, not encrypted, "
            f"in {key or 'the same file'}"
        ) from error


def _readable(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise Absent(f"{path} cannot be read: {error.strerror}; see what the settings name") from error


def _no_password() -> str:
    """Stand in for OpenSSL's own question, which would wait at a terminal."""
    return ""
