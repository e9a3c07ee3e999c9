"""The normalised model: what any tool may say about an image.

Three facts are kept apart everywhere: *absent* (no such evidence), *not examined* (the tool did not look, or does
not say), written ``None``, and *nothing found*, written as an empty tuple or zero.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from pratique.attest.verify import Signed
from pratique.evidence.facts.build import Provenance, SourceChange
from pratique.evidence.facts.claims import Attributes, RuntimeReport, Scorecard, Verdict
from pratique.evidence.facts.identity import Certified
from pratique.evidence.facts.lists import Advisories, KnownExploited, Likelihoods
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.rebuild import Rebuild
from pratique.evidence.facts.results import Results
from pratique.evidence.facts.scan import Fix, Rating, Scan, Severity
from pratique.evidence.facts.suites import Suites
from pratique.evidence.facts.verdict import CheckRun
from pratique.evidence.facts.vex import Vex, VexStatement
from pratique.evidence.facts.wrapping import Wrapping
from pratique.evidence.surface.origin import Origin as LayerOrigin
from pratique.values.digest import Digest
from pratique.values.names import Actor


class Parse(StrEnum):
    """How much of a document was understood."""

    OK = "ok"
    PARTIAL = "partial"
    REFUSED = "refused"


Facts = (
    Sbom
    | Scan
    | Provenance
    | Suites
    | SourceChange
    | Vex
    | Results
    | Attributes
    | Verdict
    | RuntimeReport
    | Scorecard
    | Rebuild
    | CheckRun
    | Certified
    | Advisories
    | KnownExploited
    | Likelihoods
    | Opaque
)
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
    subjects: tuple[str, ...] = ()
    """Every digest of a statement's subjects as written, in any algorithm; only those in ``about`` bind it."""
    wrapping: Wrapping | None = None
    """What carried it, where something did."""

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
class Assertion:
    """What a statement asserts about one vulnerability of this image, whoever made it.

    Whether it counts is for a policy to say; a statement that nobody trusts is kept and shown.
    """

    statement: VexStatement
    evidence: Digest
    """The document in which it stands."""
    parse: Parse
    """How much of that document was understood."""
    signers: tuple[Actor, ...]
    """Who signed that document about this image; nobody, where it is not signed or names no image."""


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
    written: tuple[str, ...] = ()
    """Every package URL as the reports wrote it, with qualifiers."""
    certain: tuple[str, ...] = ()
    """Its names without those that only an unsigned report gives it; what clears it must say one of these."""
    vex: tuple[Assertion, ...] = ()
    """What statements say about it in this image, sorted by document; none of them removes it."""
    known_exploited: bool | None = None
    """Whether CISA's catalogue (KEV) has it; ``None`` where no catalogue was imported."""
    ransomware: bool = False
    """Whether that catalogue says that ransomware used it."""
    likelihood: str | None = None
    """The probability of an attack within 30 days (EPSS), a decimal; ``None`` where no list says."""
    published: datetime | None = None
    """When it was made known: the earliest date that a report says that counts; ``None`` where none does."""
    fixed_since: datetime | None = None
    """Since when there is a fixed version: likewise the earliest."""
    layers: tuple[Digest, ...] = ()
    """Layers in which reports that count say that it lies, sorted."""
    origin: LayerOrigin | None = None
    """Whose it is, as :mod:`pratique.evidence.surface.attribution` tells; ``None`` where nobody knows."""
