"""Looking into foreign JSON: what is absent, empty or of another type is ``None`` or empty.

Tools disagree with their own schemas in small ways that do not matter. Whoever needs to know that something was of
another type counts it (``Notes``), so that a report which was only half understood says so.
"""

from collections import Counter
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from pratique.errors import Malformed
from pratique.evidence.model import Parse
from pratique.values.digest import Digest


class Notes:
    """What a reader could not understand; any note makes its reading partial."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()

    def add(self, what: str) -> None:
        """Note that this happened once more."""
        self._counted[what] += 1

    @property
    def parse(self) -> Parse:
        """How much was understood."""
        return Parse.PARTIAL if self._counted else Parse.OK

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every note with its count, in the order they first came."""
        return tuple(what if count == 1 else f"{what} ({count} times)" for what, count in self._counted.items())


def text_at(table: dict[str, Any], key: str) -> str | None:
    """Return a string that is not empty."""
    value = table.get(key)
    return value if isinstance(value, str) and value else None


def number_at(table: dict[str, Any], key: str) -> float | None:
    """Return a number; a truth value is none."""
    value = table.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def table_at(table: dict[str, Any], key: str) -> dict[str, Any]:
    """Return an object, or an empty one."""
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def tables_at(table: dict[str, Any], key: str, notes: Notes) -> list[dict[str, Any]]:
    """Return the objects of an array; notes what else stood there. Absent and null are an empty array."""
    value = table.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        notes.add(f"{key}: expected an array, found {type(value).__name__}")
        return []
    found = [item for item in value if isinstance(item, dict)]
    if len(found) != len(value):
        for _ in range(len(value) - len(found)):
            notes.add(f"{key}: an entry is not an object and was not read")
    return found


def texts_at(table: dict[str, Any], key: str) -> tuple[str, ...]:
    """Return the strings of an array that are not empty."""
    value = table.get(key)
    return tuple([item for item in value if isinstance(item, str) and item]) if isinstance(value, list) else ()


def shown(text: object, limit: int = 200) -> str:
    """Return foreign text for a message: cut, and without characters that a terminal would obey."""
    return "".join(letter if letter.isprintable() else "�" for letter in str(text)[:limit])


@lru_cache(maxsize=4096)  # a document says the same moment many times
def moment_of(text: str | None) -> datetime | None:
    """Return a moment in UTC if the text is one with a time zone; tools write any RFC 3339 form."""
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=4096)  # the packages of one image name the same few layers
def digest_of(text: str | None) -> Digest | None:
    """Return the digest in ``sha256:<hex>`` or ``<name>@sha256:<hex>``, or nothing."""
    try:
        return Digest.parse((text or "").rpartition("@")[2])
    except Malformed:
        return None


def digests_of(*texts: str | None) -> tuple[Digest, ...]:
    """Return the distinct digests among these texts, sorted."""
    return tuple(sorted({digest for text in texts if (digest := digest_of(text))}))
