"""The watch: which packages of an image are known by which names, and which advisories concern it by now.

A stored bill of materials is compared with advisories that came later. That is weaker than a scan, which sees the
files: what the watch finds is a reason to look again, and what it does not find is no clean bill.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pratique.evidence.advisories import Advisories
from pratique.evidence.affected import concerns
from pratique.evidence.ecosystem import Ecosystem, installed, named_in
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.formats.osv import Advisory
from pratique.evidence.match import PRODUCER, match
from pratique.evidence.merge import merge
from pratique.evidence.model import Evidence, Vulnerability
from pratique.evidence.purl import parse_purl

RULES = 1
"""Counted up whenever the same bill of materials would be named otherwise."""


@dataclass(frozen=True, slots=True)
class Named:
    """One package under one of the names by which it may be asked for.

    ``space`` is where the name lives: an ecosystem without its release, or the beginning of the package URL.
    ``release`` and ``compared``, the version that advisories speak of, are absent where they cannot be told.
    """

    space: str
    name: str
    package: str
    version: str | None
    purl: str | None
    release: str | None
    compared: str | None


@dataclass(frozen=True, slots=True)
class Watched:
    """What the advisories say of one image.

    ``examined`` counts the packages that were compared, on all platforms; ``bills`` the bills of materials, and
    without one nothing was looked at.
    """

    vulnerabilities: tuple[Vulnerability, ...]
    examined: int
    bills: int
    not_examined: tuple[str, ...]


def bills_of(evidence: Iterable[Evidence]) -> tuple[tuple[Sbom, Evidence], ...]:
    """Return the bills of materials that count for some platform, each with the evidence it stands in."""
    return tuple((sbom, each) for each in evidence if each.covers for sbom in each.reading.of(Sbom))


def watch(evidence: Iterable[Evidence], advisories: Advisories) -> Watched:
    """Return which vulnerabilities concern an image by its bills of materials, merged as a judgement merges them."""
    scans = tuple((PRODUCER, match(sbom, advisories), each.piece.digest) for sbom, each in bills_of(evidence))
    return Watched(
        vulnerabilities=merge(scans),
        examined=sum(scan.packages_examined or 0 for _, scan, _ in scans),
        bills=len(scans),
        not_examined=tuple(dict.fromkeys(why for _, scan, _ in scans for why in scan.not_examined)),
    )


def names_of(component: Component) -> Iterator[Named]:
    """Yield the component under each name that it may be asked for; nothing where it has no package URL."""
    named = named_in(component)
    if named is None:
        return
    space, names = named
    place = installed(component)
    known = None if isinstance(place, str) else place
    for name in names:
        # An advisory may use only some of the names; under the others, it is found but not compared.
        compared = known.version if known and name in known.names else None
        release = known.ecosystem.release if known else None
        yield Named(space, name, component.name, component.version, component.purl, release, compared)


@dataclass(frozen=True, slots=True)
class Asked:
    """A package that somebody looks for: any version, or one."""

    space: str
    name: str
    version: str | None


def ask(text: str) -> Asked | None:
    """Return what a package URL asks for, or nothing where the text is none."""
    purl = parse_purl(text)
    if purl is None:
        return None
    named = named_in(Component(purl.name, purl.version, purl.canonical))
    if named is None:
        return None
    space, names = named
    return Asked(space, names[0], purl.version)


def packages_of(advisories: Iterable[Advisory]) -> tuple[tuple[str, str], ...]:
    """Return the distinct packages that these advisories concern, as space and name."""
    return tuple(dict.fromkeys((one.ecosystem.name, one.name) for each in advisories for one in each.affected))


def affected_by(named: Named, advisories: Iterable[Advisory]) -> bool | None:
    """Tell whether any of these advisories concerns the package; nothing where that cannot be compared."""
    if named.compared is None:
        return None
    places = (Ecosystem(named.space, named.release or ""), Ecosystem(named.space))
    verdicts = [
        concerns(named.compared, affected)
        for advisory in advisories
        for affected in advisory.affected
        if affected.name == named.name and affected.ecosystem in places
    ]
    if any(verdict and verdict.hit for verdict in verdicts):
        return True
    return None if None in verdicts else False
