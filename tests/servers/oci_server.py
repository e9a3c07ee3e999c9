"""The tests' own small OCI 1.1 registry: correct, in memory, on a free loopback port.

>>> with oci_server() as running:
...     running.host, running.store["shop"].tags
"""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.servers.faulty.auth import TokenService, bearer_guard
from tests.servers.faulty.faults import Fault, faulty
from tests.servers.faulty.registry import COMPLETE, OciRegistry, Rules
from tests.servers.faulty.server import Handler, Server, Watch, serve, unwatched
from tests.servers.faulty.store import Store
from tests.servers.faulty.wire import Asked, Reply

Guard = Callable[[Handler], Handler]
"""Wraps a registry so that not everybody gets in, such as ``partial(basic_guard, person)``."""


@dataclass(frozen=True)
class Running:
    """A registry that runs: where, what it was asked, and what it holds."""

    server: Server
    store: Store

    @property
    def host(self) -> str:
        """``127.0.0.1:port``."""
        return self.server.host


def open_door(handler: Handler) -> Handler:
    """Let everybody in."""
    return handler


@contextmanager
def oci_server(
    *faults: Fault,
    rules: Rules = COMPLETE,
    store: Store | None = None,
    guard: Guard = open_door,
    watch: Watch = unwatched,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Running]:
    """Run a registry while the block runs.

    Args:
        faults: What goes wrong, the outermost first; before anybody is let in.
        rules: What this registry has of what is optional.
        store: What it holds already.
        guard: Who gets in.
        watch: Looks at the store after each request.
        tls: Certificates, where it speaks https.
    """
    registry = OciRegistry(rules, store)
    with serve(faulty(guard(registry.answer), *faults), watch=watch, tls=tls) as server:
        yield Running(server, registry.store)


@contextmanager
def oci_server_with_tokens(service: TokenService, *faults: Fault, rules: Rules = COMPLETE) -> Iterator[Running]:
    """Run a registry that wants a token, which it issues itself under ``/token``."""

    def guard(handler: Handler) -> Handler:
        registry = bearer_guard(service, lambda: f"{running.server.url}/token", handler)

        def answer(asked: Asked) -> Reply:
            return service.answer(asked) if asked.path == "/token" else registry(asked)

        return answer

    with oci_server(*faults, rules=rules, guard=guard) as running:
        yield running
