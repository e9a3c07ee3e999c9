"""Repositories at servers of a test, and what those serve."""

from pathlib import Path

from tests.registry.scripted_server import Asked, Reply, Server

from pratique.registry.credentials import Credentials, Secret
from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.registry.session import Patience
from pratique.values.reference import parse_repository

BLOB = b"hello"
SECRET = Credentials("robot", "secret-of-the-robot")


def at(server: Server, *others: Server, credentials: Secret | None = None, tries: int = 3) -> Registry:
    """Open a repository at a server; the others may be spoken to as well."""
    hosts = frozenset(each.host for each in (server, *others))
    settings = Settings(
        Path("/nowhere"),
        credentials=lambda host: credentials if host == server.host else None,
        insecure=hosts,
        private=hosts,
        patience=Patience(tries, longest_wait_seconds=0.2),
    )
    return open_repository(parse_repository(f"{server.host}/shop"), settings)


def serve_blob(_: Asked) -> Reply:
    return Reply(body=BLOB)
