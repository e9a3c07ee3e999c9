"""Questions and answers of HTTP, as values."""

from dataclasses import field
from typing import Final

from pratique.registry.address import Origin
from pratique.values.dataclass import dataclass

MAX_REDIRECTS: Final = 5

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
    max_redirects: int = MAX_REDIRECTS

    @property
    def place(self) -> str:
        """The URL as messages show it."""
        return shown(self.url)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, or its head; header names are in lower case."""

    url: str
    status: int
    headers: Headers
    body: bytes

    @property
    def place(self) -> str:
        """The URL as messages show it."""
        return shown(self.url)

    def header(self, name: str) -> str:
        """Return the first header of this lower-case name, empty without one."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return every header of this lower-case name."""
        return tuple(value for key, value in self.headers if key == name)


def shown(url: str) -> str:
    """Return a URL without its query, which may hold signatures of a storage service."""
    return url.partition("?")[0]
