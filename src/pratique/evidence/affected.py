"""Whether one version is among those that an advisory calls affected.

Source: OSV schema, "Evaluation": a version is affected if it is listed, or if the last event at or before it
opened a range. Events come in any order, several ranges may stand in one list, and ``limit`` bounds them all.
"""

from dataclasses import dataclass
from functools import cmp_to_key, partial

from pratique.evidence.ecosystem import Ecosystem
from pratique.evidence.formats.osv import Affected, Event, Range
from pratique.evidence.versions import Scheme, earlier, parse_version

FIRST = "0"  # "The version 0 … sorts before any other version." OSV schema, "affected[].ranges[].events"
UNBOUNDED = "*"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a version is affected, and what would repair it."""

    hit: bool
    fixed: tuple[str, ...] = ()


def concerns(version: str, affected: Affected) -> Verdict | None:
    """Return the verdict, or nothing where no range that could decide can be compared."""
    if affected.versions.isdisjoint(spellings(version, affected.ecosystem)):
        return by_ranges(version, affected)
    return Verdict(True, _fixed([_in_range(version, one) for one in affected.ranges]))


def by_ranges(version: str, affected: Affected) -> Verdict | None:
    """Return the verdict as :func:`concerns` does, whatever versions are listed."""
    verdicts = [_in_range(version, one) for one in affected.ranges]
    if any(verdict and verdict.hit for verdict in verdicts):
        return Verdict(True, _fixed(verdicts))
    return None if None in verdicts else Verdict(False)


def spellings(version: str, ecosystem: Ecosystem) -> set[str]:
    """Return the version as written and, for Python, in the one form that PEP 440 prefers."""
    if ecosystem.name != "PyPI":
        return {version}
    return {version, str(parse_version(Scheme.PYPI, version))}


def _fixed(verdicts: list[Verdict | None]) -> tuple[str, ...]:
    return tuple(sorted({text for verdict in verdicts if verdict and verdict.hit for text in verdict.fixed}))


def _in_range(version: str, said: Range) -> Verdict | None:
    if said.scheme is None or all(event.kind != "introduced" for event in said.events):
        return None
    if any(not _comparable(said.scheme, version, event.version) for event in said.events):
        return None
    scheme = said.scheme
    limits = [event.version for event in said.events if event.kind == "limit"]
    if limits and not any(limit == UNBOUNDED or _before(scheme, version, limit) for limit in limits):
        return Verdict(False)
    hit = False
    fixed: tuple[str, ...] = ()
    ends = (event for event in said.events if event.kind != "limit")
    for event in sorted(ends, key=cmp_to_key(partial(_order, scheme))):
        passed = not _before(scheme, version, event.version)
        if event.kind == "introduced" and passed:
            hit, fixed = True, ()
        elif event.kind == "fixed" and passed:
            hit = False
        elif event.kind == "fixed" and hit and not fixed:
            fixed = (event.version,)
        elif event.kind == "last_affected" and _before(scheme, event.version, version):
            hit = False
    return Verdict(hit, fixed if hit else ())


def _comparable(scheme: Scheme, version: str, other: str) -> bool:
    return other in {FIRST, UNBOUNDED} or earlier(scheme, version, other) is not None


def _before(scheme: Scheme, one: str, other: str) -> bool:
    if FIRST in (one, other):
        return one == FIRST and other != FIRST
    return earlier(scheme, one, other) is True


def _order(scheme: Scheme, one: Event, other: Event) -> int:
    if _before(scheme, one.version, other.version):
        return -1
    if _before(scheme, other.version, one.version):
        return 1
    # At one and the same version the end of one range comes before the beginning of the next.
    return (one.kind == "introduced") - (other.kind == "introduced")
