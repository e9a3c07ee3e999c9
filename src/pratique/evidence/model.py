"""The normalised model: what any tool may say about an image.

Three facts are kept apart everywhere: *absent* (no such evidence), *not examined* (the tool did not look, or does
not say), written ``None``, and *nothing found*, written as an empty tuple or zero.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TypeVar

from pratique.attest.verify import Signed
from pratique.values.digest import Digest


class Parse(StrEnum):
    """How much of a document was understood."""

    OK = "ok"
    PARTIAL = "partial"
    REFUSED = "refused"


class Severity(IntEnum):
    """A severity label that can be compared; an unknown severity is ``None``, never the lowest."""

    NONE = 0
    NEGLIGIBLE = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5

    @property
    def label(self) -> str:
        """The word for people and documents, in lower case."""
        return self.name.lower()


class Fix(StrEnum):
    """Whether a fixed version exists, as the tool or advisory says."""

    FIXED = "fixed"
    NOT_FIXED = "not_fixed"
    WONT_FIX = "wont_fix"
    DEFERRED = "deferred"
    END_OF_LIFE = "end_of_life"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Rating:
    """One source's opinion of a severity; every opinion is kept."""

    source: str
    severity: Severity | None
    score: str | None = None
    vector: str | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """One package in an image.

    ``purl`` is canonical and has no qualifiers or subpath; ``licences`` are the texts as written.
    """

    name: str
    version: str | None
    purl: str | None
    licences: tuple[str, ...] = ()
    supplier: str | None = None
    source_package: str | None = None
    """The distribution's source package, which its advisories may name instead."""
    distro: str | None = None
    """``<name>-<version>`` in lower case, for example ``debian-12``."""
    kind: str | None = None
    """The type as written, for example ``library``, ``operating-system`` or ``file``."""
    source_version: str | None = None
    """The source package's version where it differs from the component's own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One vulnerability in one package, as one tool reported it."""

    vulnerability: str
    aliases: tuple[str, ...]
    package: str
    version: str | None
    purl: str | None
    ratings: tuple[Rating, ...]
    fix: Fix
    fixed_versions: tuple[str, ...] = ()
    suppressed: str | None = None
    """How somebody silenced it in the tool; a silenced finding stays visible."""


@dataclass(frozen=True, slots=True)
class Sbom:
    """A bill of materials."""

    producer: str | None
    created: datetime | None
    components: tuple[Component, ...]
    relationships: int | None
    validates: bool | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """A vulnerability report.

    ``packages_examined`` is ``None`` where the report does not say how many, and 0 where it shows that the tool
    looked at no package at all.
    """

    producer: str
    producer_version: str | None
    database_date: datetime | None
    created: datetime | None
    packages_examined: int | None
    findings: tuple[Finding, ...]
    not_examined: tuple[str, ...] = ()
    """What the tool says it could not compare, and why; one sentence each."""


@dataclass(frozen=True, slots=True)
class Material:
    """Something a build used."""

    uri: str
    digests: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """How an image was built, as its builder says."""

    builder_id: str
    builder_version: str | None
    build_type: str
    source_uri: str | None
    source_commit: str | None
    source_ref: str | None
    dockerfile: str | None
    materials: tuple[Material, ...]
    parameters: tuple[tuple[str, str], ...]
    """Top-level external parameters; values as canonical JSON text."""
    started: datetime | None
    finished: datetime | None


@dataclass(frozen=True, slots=True)
class TestRun:
    """The result of one suite's own cases, counted case by case; its declared totals are not believed.

    A case counts once. Cases of an inner suite count in that suite's own run, which names this one in ``within``.
    """

    suite: str
    total: int
    passed: int
    failed: int
    errored: int
    skipped: int
    within: tuple[str, ...] = ()
    """The names of the suites around it, outermost first."""


@dataclass(frozen=True, slots=True)
class Suites:
    """Every suite of one report, in its order; a report may hold none, which is a fact and no success."""

    runs: tuple[TestRun, ...]


@dataclass(frozen=True, slots=True)
class SourceChange:
    """Who wrote what this image contains, since ``base`` (``source/v1``)."""

    repository: str
    base: str | None
    commit: str
    authors: tuple[str, ...]
    committers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """Evidence of a kind that this version does not interpret: kept, bound and shown."""

    what: str


Facts = Sbom | Scan | Provenance | Suites | SourceChange | Opaque
T = TypeVar("T", bound=Facts)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of some bytes.

    ``about`` are the digests that the document itself names as its subject (manifest or config digests). One
    document may say several things, such as packages and statements about them; ``facts`` is empty exactly when
    the document was refused.
    """

    format: str
    format_version: str | None
    parse: Parse
    reasons: tuple[str, ...]
    facts: tuple[Facts, ...]
    about: tuple[Digest, ...] = ()
    predicate_type: str | None = None
    inner_about: tuple[Digest, ...] = ()
    """What a report inside a statement names itself; ``about`` are then the statement's subjects."""

    def of(self, kind: type[T]) -> tuple[T, ...]:
        """Return the facts of one kind."""
        return tuple(fact for fact in self.facts if isinstance(fact, kind))


class Origin(StrEnum):
    """Where a piece of evidence was found."""

    REFERRER = "referrer"
    LEGACY = "legacy"
    CHILD = "attestation-child"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True)
class Piece:
    """Exact bytes, and where they were found.

    ``subject`` is the digest they hang on in the registry, or that their uploader named.
    """

    digest: Digest
    media_type: str
    size: int
    subject: Digest
    origin: Origin
    content: bytes


class Bound(StrEnum):
    """What ties a piece to a digest, strongest first."""

    STATEMENT = "statement"
    """A verified signature over a statement with that subject."""
    REPORT = "report"
    """The document names the digest itself, unsigned."""
    REFERRER = "referrer"
    """The registry says so, and the document does not contradict it."""
    CLAIM = "claim"
    """Only its uploader says so."""
    OTHER = "other"
    """It is about another image; it covers nothing here."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece that was read, verified and bound."""

    piece: Piece
    reading: Reading
    signers: tuple[Signed, ...]
    """Who signed it, each verified from the bytes; empty where nobody known did."""
    covers: tuple[Digest, ...]
    """Digests of the image (index or platforms) that this counts for."""
    bound: Bound
    because: str
    """Why it is bound so, or why it is about something else; one sentence."""


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """One vulnerability in one package of one image, merged over every report."""

    term: str
    """``<id>@<purl without version>``; stable over rebuilds, what waivers and history key on."""
    identifier: str
    aliases: tuple[str, ...]
    package: str
    version: str | None
    purl: str | None
    severity: Severity | None
    severity_source: str | None
    ratings: tuple[Rating, ...]
    fix: Fix
    fixed_versions: tuple[str, ...]
    reported_by: tuple[str, ...]
    """Producers that report it and did not silence it."""
    suppressed_by: tuple[str, ...]
    """``<producer>: <how>`` for each that silenced it; what everybody silenced stays here and is still counted."""
    versions: tuple[str, ...] = ()
    """Every installed version it was reported for; ``version`` is the first of them."""
