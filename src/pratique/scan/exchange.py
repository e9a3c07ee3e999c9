"""Asking a service over HTTP, as a scanner's client needs it; who asks, and how carefully, is chosen elsewhere."""

from collections.abc import Callable

from pratique.values.dataclass import dataclass

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question; redirects are not followed."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    max_bytes: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """The whole answer; header names are in lower case."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """Return the first header of this lower-case name, empty without one."""
        return next((value for key, value in self.headers if key == name), "")


Ask = Callable[[Question], Reply]
"""Asks within bounded time, and gives whatever credentials the service is to see; raises errors of ours."""
