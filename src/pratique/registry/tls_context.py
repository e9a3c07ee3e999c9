"""Making TLS of a connection: which authorities vouch for the other side, and who we say we are.

Source: the Python library reference, "ssl"; RFC 8446, and RFC 5246 for TLS 1.2, the oldest that is spoken.
"""

import socket
import ssl
from pathlib import Path

from pratique.errors import Absent, Malformed
from pratique.registry.flow import Flow

_LATE = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def encrypted(sock: socket.socket, context: ssl.SSLContext, host: str) -> Flow:
    """Return a connection encrypted, after the other side has shown that it is this host; raises ``OSError``."""
    return Flow(context.wrap_socket(sock, server_hostname=host), _LATE)


def make_context(
    authorities: tuple[Path | None, ...], certificate: Path | None, key: Path | None
) -> ssl.SSLContext:
    """Return the settings of connections that believe the system's authorities and these.

    Args:
        authorities: Files of certificate authorities, PEM.
        certificate: Who we are, PEM; may hold the key as well.
        key: The certificate's private key, PEM, not encrypted.

    Raises:
        Absent: A file cannot be read.
        Malformed: A file holds no such thing.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for path in authorities:
        if path:
            _believe(context, path)
    if certificate:
        _show(context, certificate, key)
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
