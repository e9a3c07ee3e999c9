"""What an image's layers offer to an attacker, item by item, each under a name that stays the same over rebuilds.

``setuid:usr/bin/su``, ``port:22/tcp``, ``user:root``: findings are keyed by them, and what an environment holds now is
remembered by them. The measures themselves are described in docs/attack-surface.md.
"""

from collections.abc import Iterator
from typing import Final

from pratique.evidence.surface.measure import Secret, Surface

ROOT: Final = "user:root"

MEASURES: Final = {
    "setuid": "setuid",
    "setgid": "setgid",
    "world_writable": "world-writable",
    "file_capabilities": "capability",
    "shells": "shell",
    "package_managers": "package-manager",
    "net_tools": "net-tool",
    "interpreters": "interpreter",
    "ports": "port",
    "volumes": "volume",
    "env_suspicious": "variable",
    "secrets": "secret",
    "secret_in_hidden_file": "hidden-secret",
}
"""Each measure of which more is worse, and the word before its items."""


def items_of(surface: Surface, measure: str) -> tuple[str, ...]:
    """Return the items of one of :data:`MEASURES`, sorted and each once."""
    word = MEASURES[measure]
    return tuple(sorted({f"{word}:{_told(item)}" for item in getattr(surface, measure)}))


def traits_of(surface: Surface) -> frozenset[str]:
    """Return every item of every measure, and whether it runs as root."""
    return frozenset(_traits(surface))


def _traits(surface: Surface) -> Iterator[str]:
    if surface.root_user:
        yield ROOT
    for measure in MEASURES:
        yield from items_of(surface, measure)


def _told(item: str | Secret) -> str:
    # A secret is the same one whatever layer it lies in: a rebuild moves it and adds nothing.
    return f"{item.path} ({item.kind})" if isinstance(item, Secret) else item
