"""Files beside a database that nobody needs for ever: an operator is told of them, and deletes them."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pratique.errors import Unreachable


class Why(StrEnum):
    """Where such a file comes from."""

    UPGRADE = "upgrade"
    """An upgrade kept the database as it was; it holds what people wrote, also what was erased since."""
    RESTORE = "restore"
    """A restore is filling it, or was killed while it did."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One file."""

    path: Path
    why: Why


def copies(database: Path) -> tuple[Path, ...]:
    """Return the copies that upgrades kept, named after the revision of their tables, the oldest first.

    Raises:
        Unreachable: The folder cannot be read.
    """
    return _named(database, rf"{re.escape(database.name)}\.[0-9]{{4}}")


def unfinished(database: Path) -> tuple[Path, ...]:
    """Return what is being filled to become this database, or was and never got its name.

    Raises:
        Unreachable: The folder cannot be read.
    """
    return _named(database, rf"\.{re.escape(database.name)}\.[0-9a-f]{{16}}\.part")


def _named(database: Path, pattern: str) -> tuple[Path, ...]:
    named = re.compile(pattern, re.ASCII)
    try:
        return tuple(path for path in sorted(database.parent.glob("*")) if named.fullmatch(path.name))
    except OSError as error:
        raise Unreachable(
            f"{database.parent}: it cannot be listed: {error.strerror}; look at the disk, then run it again"
        ) from error
