"""Reading one JSON object field by field; a complaint names the field by its full path.

Everything that an attestation says arrives as JSON from outside. Here a missing field, another type or an
unexpected field becomes one ``Malformed``, so that no reader above handles a ``KeyError``.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self, TypeVar

from pratique.errors import Malformed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import parse_moment

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_KINDS = {str: "a string", int: "an integer", dict: "an object", list: "an array"}


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object and the path that leads to it, for example ``predicate.builder``."""

    where: str
    values: Mapping[str, Any]

    def only(self, *names: str) -> Self:
        """Return these fields if none has another name, or raise ``Malformed``."""
        for name in self.values:
            if name not in names:
                raise Malformed(f"{self.where}: unexpected field {name[:80]!r}; expected {', '.join(names)}")
        return self

    def has(self, name: str) -> bool:
        """Tell whether the field is there and not null."""
        return self.values.get(name) is not None

    def path(self, name: str) -> str:
        """Return the field's full path, for a message."""
        return f"{self.where}.{name}"

    def text(self, name: str) -> str:
        """Return a string."""
        return self._typed(name, str)

    def text_or_empty(self, name: str) -> str:
        """Return a string, or ``""`` where the field is absent or null."""
        return self.text(name) if self.has(name) else ""

    def integer(self, name: str) -> int:
        """Return an integer that is not negative."""
        value = self._typed(name, int)
        if isinstance(value, bool) or value < 0:
            raise Malformed(f"{self.path(name)}: expected a whole number of 0 or more, found {value!r}")
        return value

    def integers(self, name: str) -> tuple[int, ...]:
        """Return an array of integers that are not negative."""
        found = self._typed(name, list)
        for place, item in enumerate(found):
            if type(item) is not int or item < 0:
                raise Malformed(
                    f"{self.path(name)}[{place}]: expected a whole number of 0 or more, found {item!r}"
                )
        return tuple(found)

    def object(self, name: str) -> "Fields":
        """Return an object."""
        return Fields(self.path(name), self._typed(name, dict))

    def object_or_empty(self, name: str) -> "Fields":
        """Return an object; one without fields where it is absent or null."""
        return self.object(name) if self.has(name) else Fields(self.path(name), {})

    def objects(self, name: str) -> "tuple[Fields, ...]":
        """Return an array of objects."""
        return tuple(self._item(name, place, item) for place, item in enumerate(self._typed(name, list)))

    def objects_or_empty(self, name: str) -> "tuple[Fields, ...]":
        """Return an array of objects; an empty one where it is absent or null."""
        return self.objects(name) if self.has(name) else ()

    def texts(self, name: str) -> tuple[str, ...]:
        """Return an array of strings."""
        found = self._typed(name, list)
        for place, item in enumerate(found):
            _check_kind(f"{self.path(name)}[{place}]", item, str)
        return tuple(found)

    def digest(self, name: str) -> Digest:
        """Return the digest in ``{"sha256": "<hex>"}``, an object with this one field."""
        return Digest(self.object(name).only("sha256").text("sha256"))

    def moment(self, name: str) -> datetime:
        """Return a moment in the one spelling of ``values.moment``."""
        return self.parsed(name, parse_moment)

    def timestamp(self, name: str) -> datetime:
        """Return a moment in UTC from any RFC 3339 form; what is finer than a microsecond is cut off."""
        text = self.text(name)
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise Malformed(f"{self.path(name)}: expected an RFC 3339 timestamp, found {text[:40]!r}") from error
        raise Malformed(f"{self.path(name)}: expected a timestamp with a time zone, found {text[:40]!r}")

    def member(self, name: str, kind: type[E]) -> E:
        """Return a member of an enumeration, by its value."""
        text = self.text(name)
        try:
            return kind(text)
        except ValueError as error:
            raise Malformed(f"{self.path(name)}: expected {' or '.join(kind)}, found {text[:40]!r}") from error

    def parsed(self, name: str, parse: Callable[[str], T]) -> T:
        """Return a string after ``parse``, whose complaint then names the field."""
        try:
            return parse(self.text(name))
        except Malformed as error:
            raise Malformed(f"{self.path(name)}: {error}") from error

    def nullable(self, name: str, read: Callable[[str], T]) -> T | None:
        """Return ``read(name)``, or None where the field is there and null."""
        if name in self.values and self.values[name] is None:
            return None
        return read(name)

    def _typed(self, name: str, kind: type[T]) -> T:
        if name not in self.values:
            raise Malformed(f"{self.where}: expected the field {name!r}, found none")
        return _check_kind(self.path(name), self.values[name], kind)

    def _item(self, name: str, place: int, item: Any) -> "Fields":
        where = f"{self.path(name)}[{place}]"
        return Fields(where, _check_kind(where, item, dict))


def _check_kind(where: str, value: Any, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise Malformed(f"{where}: expected {_KINDS[kind]}, found {type(value).__name__}")
    return value
