"""Who we are to a registry, and where that is looked up.

A source knows registries by their host as references write it. Nothing here shows a password: not in ``repr``, not
in a message.
"""

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import field

from pratique.values.dataclass import dataclass

_REMEMBERED_SECONDS = 60  # a credential helper is a process, and a copy asks for many repositories of one host


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and password, or what a registry takes as such."""

    user: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        """The value of an Authorization header (RFC 7617)."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


@dataclass(frozen=True, slots=True)
class IdentityToken:
    """A refresh token, which a token service changes into tokens for a registry (OAuth2, RFC 6749 section 6)."""

    token: str = field(repr=False)
    user: str = "<token>"

    @property
    def basic(self) -> str:
        """The value of an Authorization header, for services that take such a token as a password."""
        return Credentials(self.user, self.token).basic


Secret = Credentials | IdentityToken

CredentialSource = Callable[[str], Secret | None]
"""Give what is known for a registry's host as references write it, ``None`` to stay anonymous.

Raises ``Absent``, ``Malformed`` or ``Unreachable`` where something is configured and cannot be had.
"""


def anonymous(_host: str) -> Secret | None:
    """Know nobody."""
    return None


def first_known(*sources: CredentialSource) -> CredentialSource:
    """Return a source that asks the given ones in turn, until one knows."""

    def find(host: str) -> Secret | None:
        return next((secret for source in sources if (secret := source(host)) is not None), None)

    return find


class Remembered:
    """A source that asks another one at most once a minute for each host; safe to share between threads."""

    def __init__(self, source: CredentialSource) -> None:
        self._source = source
        self._answers: dict[str, tuple[float, Secret | None]] = {}
        self._guard = threading.Lock()

    def __call__(self, host: str) -> Secret | None:
        """Give what the source knows, or knew up to a minute ago; an error is not remembered."""
        with self._guard:
            until, secret = self._answers.get(host, (0.0, None))
            if until < time.monotonic():
                secret = self._source(host)
                self._answers[host] = (time.monotonic() + _REMEMBERED_SECONDS, secret)
            return secret
