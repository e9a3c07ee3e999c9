"""Scanning while evidence is gathered: what the settings have run by itself, where nobody has looked or not lately.

A report that a service signed, or that an earlier run here left, is taken where it is young enough. A run that
failed is recorded like any other, takes back what the same tool said before, and is tried again with the next
attempt of the promotion, and not before: gathering looks every few seconds, and a scanner may take minutes.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from pratique.errors import Absent, Malformed, Refused
from pratique.evidence.bind import ImageSubject, Platform, understand
from pratique.evidence.facts.scan import Scan
from pratique.evidence.model import Bound, Evidence, Parse, Piece
from pratique.evidence.predicates.scanning import RunEnded, parse_run
from pratique.policy.checks.freshness import FreshnessRule
from pratique.policy.environment import EnvironmentRules
from pratique.promotion.happenings import PromotionRequested, PromotionRetried
from pratique.promotion.states import Promotion
from pratique.registry.closure import Closure, PlatformImage
from pratique.registry.interface import Registry
from pratique.scan.interface import Scanner
from pratique.service.ours import record_statement, stated_here
from pratique.service.scan import Errand, Ran, never_ran, run_scanner
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_log = logging.getLogger(__name__)


def scanned_pieces(
    workspace: Workspace, promotion: Promotion, repository: Registry, closure: Closure, known: tuple[Piece, ...]
) -> tuple[Piece, ...]:
    """Have every platform examined by every scanner that is due, and return what came of it, recorded.

    Args:
        workspace: Whose settings say which scanners.
        promotion: For which evidence is gathered.
        repository: Where the image lies.
        closure: The image.
        known: The evidence about it so far.

    Raises:
        Unverified, Unreachable: The image could not be had from where it is.
    """
    scanners = workspace.scanners(promotion.to)
    if not scanners:
        return ()
    seen = _look_back(workspace, promotion, closure, known)
    errand = Errand(workspace, repository, closure)
    due = (
        (image, scanner)
        for image in closure.platforms
        for scanner in scanners
        if seen.is_due(scanner, image.digest)
    )
    return tuple(_recorded(errand, image, scanner) for image, scanner in due)


def _recorded(errand: Errand, image: PlatformImage, scanner: Scanner) -> Piece:
    ran = _ran(errand, image, scanner)
    if ran.run.report is None:
        _log.warning("scanner %s failed on %s: %s", scanner.name, image.digest, ran.run.reason)
    return record_statement(errand.workspace, ran.statement, errand.closure.root)


def _ran(errand: Errand, image: PlatformImage, scanner: Scanner) -> Ran:
    try:
        return run_scanner(errand, image, scanner)
    except (Absent, Refused) as error:  # its program is not there, or it cannot examine such an image
        return never_ran(errand, image, scanner, str(error))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What has looked at an image so far.

    Attributes:
        runs: Every run here.
        reports: Evidence that somebody known signed.
        since: When this attempt of the promotion began.
        now: The ledger's time.
        oldest: How old a report may be; ``None`` where age does not matter.
    """

    runs: tuple[RunEnded, ...]
    reports: tuple[Evidence, ...]
    since: datetime
    now: datetime
    oldest: timedelta | None

    def is_due(self, scanner: Scanner, manifest: Digest) -> bool:
        """Tell whether this scanner is to look at this platform now."""
        own = [run for run in self.runs if (run.scanner, run.manifest) == (scanner.name, manifest)]
        last = max(own, key=lambda run: (run.finished, run.failed), default=None)
        if last is not None and last.failed:
            return last.finished < self.since
        if last is not None and self._is_young(last.finished):
            return False
        return not any(self._looked(report, scanner.producer, manifest) for report in self.reports)

    def _looked(self, evidence: Evidence, producer: str, manifest: Digest) -> bool:
        if evidence.bound is not Bound.STATEMENT or evidence.reading.parse is not Parse.OK:
            return False
        scans = evidence.reading.of(Scan) if manifest in evidence.covers else ()
        return any(
            scan.producer == producer
            and (scan.packages_examined or scan.findings)
            and scan.created is not None
            and self._is_young(scan.created)
            for scan in scans
        )

    def _is_young(self, made: datetime) -> bool:
        return made <= self.now and (self.oldest is None or self.now - made <= self.oldest)


def _look_back(workspace: Workspace, promotion: Promotion, closure: Closure, known: tuple[Piece, ...]) -> _Seen:
    directory = workspace.store.read(workspace.directory)
    rules = workspace.store.read(lambda view: workspace.bundle(view).rules(promotion.to))
    distinct = {(piece.digest, piece.subject): piece for piece in known}
    return _Seen(
        runs=tuple(_runs(workspace, known)),
        reports=understand(tuple(distinct.values()), directory.machine_keys(), _subject(closure)),
        since=workspace.store.read(lambda view: began_at(view, promotion)),
        now=workspace.store.read(lambda view: view.now),
        oldest=_oldest(rules),
    )


def _runs(workspace: Workspace, known: tuple[Piece, ...]) -> Iterator[RunEnded]:
    for payload in stated_here(workspace, known):
        with suppress(Malformed):  # no run of ours
            run = parse_run(payload)
            if run is not None:
                yield run


def began_at(view: View, promotion: Promotion) -> datetime:
    """Return when the present attempt of a promotion began."""
    began = [
        entry.event.at
        for entry in view.ledger.of_promotion(promotion.id)
        if isinstance(entry.event.data, PromotionRequested | PromotionRetried)
    ]
    return began[-1] if began else promotion.requested_at


def _oldest(rules: EnvironmentRules) -> timedelta | None:
    """Return how old a report may be, by the strictest of the rules that say."""
    asked = [rule.max_age.scan for rule in rules.checks if isinstance(rule, FreshnessRule)]
    return min((age for age in (rules.settings.max_evidence_age, *asked) if age is not None), default=None)


def _subject(closure: Closure) -> ImageSubject:
    return ImageSubject(closure.root, tuple(_platform(closure, image) for image in closure.platforms))


def _platform(closure: Closure, image: PlatformImage) -> Platform:
    config = closure.node(image.digest).config
    return Platform(str(image.platform or ""), image.digest, config.digest if config else None)
