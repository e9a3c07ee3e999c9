"""Facts as people write them in the tests of a policy: plain values → what readers make of evidence.

Every class of ``evidence.facts`` is its own form: one field, one key. What is not written is what a reader leaves
open: ``None``, nothing listed, or the class's own default. Moments may be told from now on, ``-2d``.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum, IntEnum
from functools import cache
from types import NoneType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from pratique.errors import Malformed
from pratique.evidence.facts.build import Provenance, SourceChange
from pratique.evidence.facts.claims import Attributes, RuntimeReport, Scorecard, Verdict
from pratique.evidence.facts.identity import Certified
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.rebuild import Rebuild
from pratique.evidence.facts.results import Results
from pratique.evidence.facts.scan import Scan
from pratique.evidence.facts.suites import Suites
from pratique.evidence.facts.verdict import CheckRun
from pratique.evidence.facts.vex import Vex
from pratique.evidence.model import Facts
from pratique.policy.schema import Misfit, Path, UnknownKey, suggestion
from pratique.values.digest import Digest
from pratique.values.moment import parse_duration, parse_moment

T = TypeVar("T")

KINDS: Final[Mapping[str, type[Facts]]] = {
    "sbom": Sbom,
    "scan": Scan,
    "provenance": Provenance,
    "source": SourceChange,
    "tests": Suites,
    "vex": Vex,
    "results": Results,
    "attributes": Attributes,
    "verdict": Verdict,
    "runtime": RuntimeReport,
    "scorecard": Scorecard,
    "rebuild": Rebuild,
    "check": CheckRun,
    "identity": Certified,
}
"""What a piece of evidence may say, by the word for it."""


@dataclass(frozen=True, slots=True)
class _Slot:
    hint: Any
    default: Any


def read_fact(kind: str, value: object, path: Path, *, now: datetime) -> Facts:
    """Return the fact that a mapping spells.

    Args:
        kind: A word of ``KINDS``.
        value: What was written.
        path: Where, for messages.
        now: What moments such as ``-2d`` are told from.

    Raises:
        Misfit: An unknown key, a missing one, or a value of another kind; it names the place.
    """
    if kind not in KINDS:
        raise Misfit((*path, "kind"), f"there is no evidence {kind[:80]!r}{suggestion(kind, KINDS)}")
    fact: Facts = _Reader(now).read(KINDS[kind], value, (*path, "says"))
    return fact


def read_form(kind: type[T], value: object, path: Path, *, now: datetime) -> T:
    """Return the value of a class that a mapping spells; arguments and errors as for :func:`read_fact`."""
    found: T = _Reader(now).read(kind, value, path)
    return found


def read_moment(value: object, path: Path, *, now: datetime) -> datetime:
    """Return an absolute moment, or one told from now on; raises ``Misfit``."""
    if not isinstance(value, str):
        raise Misfit(path, "expected a moment such as 2026-11-24T09:30:00.000Z or -2d")
    try:
        if value[:1] in ("-", "+"):
            distance = parse_duration(value[1:])
            return now - distance if value[0] == "-" else now + distance
        return parse_moment(value)
    except Malformed as error:
        raise Misfit(path, f"{error}; or a distance from now, such as -2d") from error


@dataclass(frozen=True, slots=True)
class _Reader:
    now: datetime

    def read(self, hint: Any, value: object, path: Path) -> Any:
        if NoneType in get_args(hint):
            rest = next(part for part in get_args(hint) if part is not NoneType)
            return None if value is None else self.read(rest, value, path)
        if get_origin(hint) is tuple:
            return self._tuple(get_args(hint), value, path)
        if is_dataclass(hint) and hint is not Digest:
            return self._object(hint, value, path)
        return self._word(hint, value, path)

    def _tuple(self, kinds: tuple[Any, ...], value: object, path: Path) -> tuple[Any, ...]:
        if kinds[-1] is not Ellipsis:
            items = _list(value, path, exactly=len(kinds))
            return tuple(
                self.read(kind, item, (*path, at))
                for at, (kind, item) in enumerate(zip(kinds, items, strict=True))
            )
        if isinstance(value, dict) and get_origin(kinds[0]) is tuple:
            return tuple((name, self.read(get_args(kinds[0])[1], value[name], (*path, name))) for name in value)
        return tuple(self.read(kinds[0], item, (*path, at)) for at, item in enumerate(_list(value, path)))

    def _object(self, kind: Any, value: object, path: Path) -> Any:
        if not isinstance(value, dict):
            raise Misfit(path, "expected a mapping")
        slots = _slots(kind)
        for name in value:
            if name not in slots:
                raise UnknownKey((*path, name), f"unknown key {name[:80]!r}{suggestion(name, slots)}")
        return kind(**{name: self._field(name, slot, value, path) for name, slot in slots.items()})

    def _field(self, name: str, slot: _Slot, value: Mapping[str, object], path: Path) -> Any:
        if name in value:
            return self.read(slot.hint, value[name], (*path, name))
        if slot.default is not MISSING:
            return slot.default
        if NoneType in get_args(slot.hint):
            return None
        if get_origin(slot.hint) is tuple and get_args(slot.hint)[-1] is Ellipsis:
            return ()
        raise Misfit(path, f"the key {name!r} is missing")

    def _word(self, hint: Any, value: object, path: Path) -> Any:
        kind = getattr(hint, "__supertype__", hint)
        if kind is datetime:
            return read_moment(value, path, now=self.now)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return _member(kind, value, path)
        if kind in (bool, int) and type(value) is kind:
            return value
        if kind in _PARSERS and isinstance(value, str):
            return _parsed(_PARSERS[kind], value, path)
        raise Misfit(path, f"expected {_NAMES.get(kind, 'a text')}, found {str(value)[:80]!r}")


_PARSERS: Mapping[Any, Any] = {str: str, Digest: Digest.parse, date: date.fromisoformat}
_NAMES: Mapping[Any, str] = {bool: "true or false", int: "a whole number", str: "a text; put it in quotes"}


def _parsed(parse: Any, value: str, path: Path) -> Any:
    try:
        return parse(value)
    except (Malformed, ValueError) as error:
        raise Misfit(path, str(error)) from error


def _member(kind: type[Enum], value: object, path: Path) -> Enum:
    members = {one.name.lower() if issubclass(kind, IntEnum) else str(one.value): one for one in kind}
    if not isinstance(value, str) or value not in members:
        raise Misfit(path, f"{str(value)[:80]!r} is not known here{suggestion(str(value), members)}")
    return members[value]


def _list(value: object, path: Path, exactly: int | None = None) -> list[object]:
    if not isinstance(value, list) or (exactly is not None and len(value) != exactly):
        raise Misfit(path, "expected a list" if exactly is None else f"expected a list of {exactly}")
    return value


@cache
def _slots(kind: Any) -> Mapping[str, _Slot]:
    hints = get_type_hints(kind)
    return {found.name: _Slot(hints[found.name], found.default) for found in fields(kind) if found.init}
