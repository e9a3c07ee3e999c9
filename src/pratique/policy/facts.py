"""What a check sees: everything known about one platform of one image, and nothing else.

Three things are never mixed up: *absent* (no such evidence: an empty tuple), *not examined* (``None``), and
*nothing found* (a report that looked and found nothing).
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from pratique.attest.seal import Level
from pratique.errors import Malformed
from pratique.evidence.facts.build import Provenance, SourceChange
from pratique.evidence.facts.claims import Attributes
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.scan import Scan
from pratique.evidence.facts.suites import Suites
from pratique.evidence.facts.vex import Vex
from pratique.evidence.merge import merge
from pratique.evidence.model import Bound, Evidence, Vulnerability
from pratique.evidence.model import Facts as AnyFact
from pratique.evidence.overlay import overlay
from pratique.evidence.product import ImageNames
from pratique.evidence.surface.attribution import attribute
from pratique.evidence.surface.claim import MEASURER, surface_of
from pratique.evidence.surface.measure import Surface
from pratique.evidence.threat import NO_LISTS, Lists, mark
from pratique.policy.index import Index, build_index
from pratique.values.digest import Digest
from pratique.values.names import Environment

T = TypeVar("T", bound=AnyFact)

Waived = Mapping[tuple[str, str], str]
"""Which waiver covers a finding, by the check's id and the finding's term."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """This digest entered an environment, and was neither recalled nor held since."""

    environment: Environment
    at: datetime
    level: Level
    until: datetime | None = None
    """The last moment at which it is known to have been there; ``None`` where only the arrival is known."""


@dataclass(frozen=True, slots=True)
class CurrentFacts:
    """What the target environment holds now; a part that was not recorded is ``None``, never empty."""

    digest: Digest
    vulnerabilities: frozenset[str] | None
    """Terms of its vulnerabilities."""
    components: frozenset[str] | None
    """Its packages' URLs, with version."""
    base: str | None
    surface: frozenset[str] | None = None
    """What its layers offer to an attacker, as :func:`pratique.policy.traits.traits_of` writes it."""
    suppliers: frozenset[str] | None = None
    """Who supplies its packages."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that may be judged about one platform of one image; evidence about other images is not here."""

    subject: Digest
    """The platform's manifest, or the image itself where it has no index."""
    image: Digest
    """The index, or again the image itself."""
    repository: str
    now: datetime
    evidence: tuple[Evidence, ...]
    scans: tuple[tuple[str, Scan, Digest | None], ...]
    """Producer, report, and the digest of its evidence; the built-in matcher's has none."""
    vulnerabilities: tuple[Vulnerability, ...]
    """Merged over every scan, each with what statements say about it."""
    sboms: tuple[tuple[Sbom, Evidence], ...]
    provenances: tuple[tuple[Provenance, Evidence], ...]
    tests: tuple[tuple[Suites, Evidence], ...]
    sources: tuple[tuple[SourceChange, Evidence], ...]
    arrivals: tuple[Arrival, ...] | None
    """Where this digest has been; ``None`` where the ledger was not asked."""
    current: CurrentFacts | None
    """``None`` where the environment holds no image of this name."""
    surfaces: tuple[tuple[Surface, Evidence], ...] = ()
    """What this installation measured of its layers; empty where nobody measured."""
    lists: Lists = field(default=NO_LISTS, repr=False, compare=False)
    """What is known to be exploited and how likely that is, whatever the image; ``vulnerabilities`` say it already."""
    first_seen: Mapping[str, datetime] | None = None
    """When the ledger first met each vulnerability in any image of this name, by term; ``None`` where nobody asked."""
    waived: Waived = field(default_factory=dict, repr=False, compare=False)
    """What a waiver in force covers; it is still told."""
    max_evidence_age: timedelta | None = None
    """How old a report may be before it counts as missing (``settings``)."""
    index: Index = field(init=False, repr=False, compare=False)
    """The same facts, arranged once so that twenty checks do not each walk them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", build_index(self.vulnerabilities, self.sboms, self.evidence))

    def of(self, kind: type[T]) -> tuple[tuple[T, Evidence], ...]:
        """Return the facts of one kind, each with its evidence."""
        return _of(kind, self.evidence)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged, when, and what the ledger knows about it."""

    platform: Digest
    image: Digest
    repository: str
    now: datetime
    arrivals: tuple[Arrival, ...] | None
    current: CurrentFacts | None
    first_seen: Mapping[str, datetime] | None = None
    waived: Waived = field(default_factory=dict)
    max_evidence_age: timedelta | None = None


def observe(
    subject: Subject, evidence: tuple[Evidence, ...], matched: tuple[Scan, ...], lists: Lists = NO_LISTS
) -> Facts:
    """Return the facts about one platform; of the evidence, what covers it.

    Args:
        subject: What is judged.
        evidence: Everything that was found about the image.
        matched: What the built-in matcher made of this platform's bills of materials.
        lists: What is known to be exploited, and how likely that is.
    """
    own = tuple(each for each in evidence if subject.platform in each.covers)
    reported = tuple((scan.producer, scan, each.piece.digest) for scan, each in _of(Scan, own))
    hearsay = frozenset(each.piece.digest for each in own if each.bound is not Bound.STATEMENT)
    scans = (*reported, *((scan.producer, scan, None) for scan in matched))
    sboms = _of(Sbom, own)
    surfaces = _surfaces(own)
    merged = attribute(merge(scans, hearsay), (surface for surface, _ in surfaces))
    return Facts(
        subject=subject.platform,
        image=subject.image,
        repository=subject.repository,
        now=subject.now,
        evidence=own,
        scans=scans,
        vulnerabilities=overlay(mark(merged, lists), _of(Vex, own), _names(subject, sboms)),
        sboms=sboms,
        provenances=_of(Provenance, own),
        tests=_of(Suites, own),
        sources=_of(SourceChange, own),
        arrivals=subject.arrivals,
        current=subject.current,
        surfaces=surfaces,
        lists=lists,
        first_seen=subject.first_seen,
        waived=subject.waived,
        max_evidence_age=subject.max_evidence_age,
    )


def _surfaces(evidence: tuple[Evidence, ...]) -> tuple[tuple[Surface, Evidence], ...]:
    """Return what was measured here: nobody else's word counts for what is in an image's layers."""
    found: list[tuple[Surface, Evidence]] = []
    for report, each in _of(Attributes, evidence):
        if each.bound is Bound.STATEMENT and any(signed.holder == MEASURER for signed in each.signers):
            with suppress(Malformed):  # of another version: as good as not measured
                surface = surface_of(report)
                found += [(surface, each)] if surface else []
    return tuple(found)


def _names(subject: Subject, sboms: tuple[tuple[Sbom, Evidence], ...]) -> ImageNames:
    # Anybody can write a serial number into an unsigned document, and then borrow what is said about another.
    serials = frozenset(sbom.serial for sbom, each in sboms if sbom.serial and each.bound is Bound.STATEMENT)
    return ImageNames(frozenset({subject.platform, subject.image}), subject.repository, serials)


def _of(kind: type[T], evidence: tuple[Evidence, ...]) -> tuple[tuple[T, Evidence], ...]:
    return tuple((fact, each) for each in evidence for fact in each.reading.of(kind))
