"""Having an image scanned: each platform by each scanner, and what came of it handed in as evidence.

A scanner's word is worth what its report shows. One that hangs, floods, crashes, ends with an unexpected code,
writes nothing or nonsense, examined nothing, or reports about another image has failed, and that is what is recorded.
"""

import base64
from pathlib import Path
from tempfile import TemporaryDirectory

from pratique.attest.bundle import BUNDLE_MEDIA, build_bundle
from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.errors import Refused
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.scan import Scan
from pratique.evidence.model import Origin, Parse, Piece, Reading
from pratique.evidence.predicates.scanning import ScanRun, Sought, build_scan
from pratique.evidence.read import read
from pratique.registry.closure import Closure, PlatformImage, plan_from
from pratique.registry.interface import Registry
from pratique.scan.interface import Failed, Outcome, Scanner, Target, Tool, Yields, one_line
from pratique.service.evidence import check_signatory, hand_in
from pratique.service.image import find
from pratique.service.inspect import inspect
from pratique.service.scan_target import target_of
from pratique.service.scribe import RECORDER
from pratique.service.signatory import ServiceSignatory
from pratique.service.workspace import Workspace
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.reference import Reference


@dataclass(frozen=True, slots=True)
class Scanned:
    """What came of one run.

    Attributes:
        scanner: How the settings call it.
        producer: How policies call it.
        platform: Of the image that it was to examine; empty where an index does not say.
        image: That image.
        evidence: What was recorded, a report or that there is none.
        version: Of the tool, where it says.
        database: The date of its database in RFC 3339, where it says.
        failure: Why there is no report, ``None`` where there is one.
        reading: What a reader makes of the report, ``None`` where there is none.
        examined: How many packages it says that it examined or lists, ``None`` where it does not say.
    """

    scanner: str
    producer: str
    platform: str
    image: Digest
    evidence: Digest
    version: str | None
    database: str | None
    failure: str | None
    reading: Reading | None
    examined: int | None


def scan(
    workspace: Workspace,
    reference: Reference,
    scanners: tuple[Scanner, ...],
    signatory: ServiceSignatory | None,
) -> tuple[Scanned, ...]:
    """Have each platform of an image scanned by each scanner, and hand in what came of it.

    Args:
        workspace: Where to.
        reference: The image; a tag is resolved here, once.
        scanners: Who scans; one that fails keeps no other from its turn.
        signatory: A service that signs as its own what came of it; without one, this installation's record key does.

    Raises:
        Absent: The image or a scanner's program does not exist.
        Refused: There is nothing in the image that runs, or a scanner cannot examine an image that lies there.
        Unverified: The directory does not list the signatory's key for evidence, or bytes are not their digest's.
        Unreachable: The repository fails.
    """
    if signatory is not None:
        check_signatory(workspace, signatory)
    repository = workspace.open(reference.repository)
    closure = plan_from(repository, find(repository, reference))
    errand = Errand(workspace, repository, closure)
    if not closure.platforms:
        raise Refused(f"{reference}: expected an image that runs, found none in it; there is nothing to scan")
    handing_in = _HandingIn(errand, signatory)
    return tuple(
        handing_in.of(run_scanner(errand, image, scanner)) for image in closure.platforms for scanner in scanners
    )


@dataclass(frozen=True, slots=True)
class Errand:
    """An image to be scanned."""

    workspace: Workspace
    repository: Registry
    closure: Closure

    def now(self) -> str:
        """Return the ledger's time."""
        return render_moment(self.workspace.store.read(lambda view: view.now))

    def target(self, image: PlatformImage) -> Target:
        """Return one of its platforms, as whoever examines it wants it."""
        return target_of(self.workspace, self.repository, self.closure.node(image.digest))


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of one scanner on one platform: the statement about it, and what it holds."""

    scanner: Scanner
    image: PlatformImage
    run: ScanRun
    statement: bytes
    reading: Reading | None


def run_scanner(errand: Errand, image: PlatformImage, scanner: Scanner) -> Ran:
    """Have one platform examined, and return a statement of what came of it; nothing is recorded.

    Raises:
        Absent, Refused: As :meth:`pratique.scan.interface.Scanner.scan`.
        Unverified, Unreachable: The image could not be had from where it is.
    """
    target = errand.target(image)
    started = errand.now()
    return _stated(errand, image, scanner, started, vet(scanner.scan(target), scanner, target))


Vetted = tuple[Reading | None, Outcome]
"""What a report says, and that there is one; or nothing, and why."""


def _stated(errand: Errand, image: PlatformImage, scanner: Scanner, started: str, vetted: Vetted) -> Ran:
    reading, outcome = vetted
    database = outcome.tool.database_date
    run = ScanRun(
        scanner=scanner.name,
        producer=scanner.producer,
        sought=Sought(scanner.yields),
        version=outcome.tool.version or _version(reading),
        database=render_moment(database) if database else None,
        started=started,
        finished=errand.now(),
        invocation=outcome.invocation,
        **_came_of(outcome),
    )
    return Ran(scanner, image, run, build_scan(run, image.digest), reading)


def never_ran(errand: Errand, image: PlatformImage, scanner: Scanner, because: str) -> Ran:
    """Return the statement that a scanner could not even be started on this image."""
    return _stated(errand, image, scanner, errand.now(), (None, Failed(Tool(), one_line(because))))


@dataclass(frozen=True, slots=True)
class _HandingIn:
    """Records runs, signed by a service as its own or by this installation."""

    errand: Errand
    signatory: ServiceSignatory | None

    def of(self, ran: Ran) -> Scanned:
        workspace, root = self.errand.workspace, self.errand.closure.root
        key = workspace.keys.record() if self.signatory is None else self.signatory.key
        content = build_bundle(parse_envelope(key.envelope(IN_TOTO, ran.statement)))
        piece = Piece(Digest.of(content), BUNDLE_MEDIA, len(content), root, Origin.UPLOAD, content)
        hand_in(workspace, (piece,), self.signatory.actor if self.signatory else RECORDER)
        return Scanned(
            scanner=ran.scanner.name,
            producer=ran.scanner.producer,
            platform=str(ran.image.platform or ""),
            image=ran.image.digest,
            evidence=piece.digest,
            version=ran.run.version,
            database=ran.run.database,
            failure=ran.run.reason if ran.run.report is None else None,
            reading=ran.reading,
            examined=_examined(ran.reading) if ran.reading else None,
        )


def _came_of(outcome: Outcome) -> dict[str, str]:
    if isinstance(outcome, Failed):
        return {"reason": outcome.reason}
    return {"media_type": outcome.media_type, "report": base64.b64encode(outcome.content).decode()}


def vet(outcome: Outcome, scanner: Scanner, target: Target) -> Vetted:
    """Return what a report says and that it was made, or why it counts as none.

    Args:
        outcome: What the scanner answered.
        scanner: Who it is; its report must be of its producer and of the kind that it is to yield.
        target: What it was to examine; a report that names images must name this one.
    """
    if isinstance(outcome, Failed):
        return None, outcome
    refused = _refused(outcome.content)  # in a process of its own, before anything is read in this one
    if refused:
        return None, Failed(outcome.tool, f"its report cannot be read: {refused}", outcome.invocation)
    reading = read(outcome.content, outcome.media_type)
    flaw = _flaw(reading, scanner, target)
    if flaw:
        return None, Failed(outcome.tool, flaw, outcome.invocation)
    return reading, outcome


def _refused(content: bytes) -> str | None:
    with TemporaryDirectory(prefix="pratique-report-") as folder:
        file = Path(folder) / "report.json"
        file.write_bytes(content)
        (seen,) = inspect((file,))
    return one_line("; ".join(seen["reasons"])) if seen["parse"] == Parse.REFUSED else None


def _flaw(reading: Reading, scanner: Scanner, target: Target) -> str | None:
    wanted = Scan if scanner.yields is Yields.VULNERABILITIES else Sbom
    if not reading.of(wanted):
        return f"expected a report of {scanner.yields}, found {one_line(reading.format)}"
    for other in (scan.producer for scan in reading.of(Scan) if scan.producer != scanner.producer):
        return f"expected a report of {scanner.producer}, found one of {one_line(other)}; set its producer"
    if reading.about and not {target.manifest, target.config} & set(reading.about):
        named = ", ".join(str(digest) for digest in reading.about[:3])
        return f"expected a report about {target.manifest}, found one about {named}"
    if _examined(reading) == 0 and not any(scan.findings for scan in reading.of(Scan)):
        return "it examined no package"
    return None


def _examined(reading: Reading) -> int | None:
    scans, bills = reading.of(Scan), reading.of(Sbom)
    if scans:
        said = [scan.packages_examined for scan in scans if scan.packages_examined is not None]
        return max(said) if said else None
    return max((len(bill.components) for bill in bills), default=None)


def _version(reading: Reading | None) -> str | None:
    return next((scan.producer_version for scan in reading.of(Scan)), None) if reading else None
