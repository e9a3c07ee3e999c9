"""One session for each registry: its repositories share connections, tokens, limits and pauses."""

import threading
from collections.abc import Callable

from pratique.registry.address import Origin
from pratique.registry.session import Session


class Hosts:
    """The registries met so far; safe to share between threads."""

    def __init__(self) -> None:
        self._sessions: dict[Origin, Session] = {}
        self._guard = threading.Lock()

    def session(self, origin: Origin, make: Callable[[], Session]) -> Session:
        """Return the session with a registry, made at its first use."""
        with self._guard:
            if origin not in self._sessions:
                self._sessions[origin] = make()
            return self._sessions[origin]
