"""Outside checks while evidence is gathered: each one that the rules ask for looks at each platform, and answers.

What it answered is a statement of this installation, recorded once, and judged like any evidence. One that hung,
flooded, crashed or wrote no answer leaves a statement that says so; it runs again with the next attempt of the
promotion, and not before. One that ``pratique.toml`` does not describe, or describes as something else, leaves none.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from pratique.attest.statement import parse_statement
from pratique.errors import Absent, Malformed, Refused
from pratique.evidence.facts.verdict import CheckRun
from pratique.evidence.model import Piece
from pratique.evidence.predicates.verdict import Run, build_verdict
from pratique.evidence.read import read
from pratique.policy.checks.outside import ExecRule, HttpRule, OutsideRule, PluginRule
from pratique.policy.environment import EnvironmentRules
from pratique.promotion.states import Promotion
from pratique.registry.closure import Closure, PlatformImage
from pratique.registry.interface import Registry
from pratique.scan.interface import Failed, Scanner, one_line
from pratique.service.ours import record_statement, stated_here
from pratique.service.scan import Errand
from pratique.service.scanning import began_at
from pratique.service.workspace import Workspace
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_log = logging.getLogger(__name__)


def checked_pieces(
    workspace: Workspace, promotion: Promotion, repository: Registry, closure: Closure, known: tuple[Piece, ...]
) -> tuple[Piece, ...]:
    """Have every platform looked at by every outside check that is due, and return what came of it, recorded.

    Args:
        workspace: Whose settings describe the checks.
        promotion: For which evidence is gathered.
        repository: Where the image lies.
        closure: The image.
        known: The evidence about it so far.

    Raises:
        Unverified, Unreachable: The image could not be had from where it is.
    """
    asked = outside_checks(workspace.store.read(lambda view: workspace.bundle(view).rules(promotion.to)))
    if not asked:
        return ()
    past = _Past(
        runs=tuple(_runs(workspace, known)),
        since=workspace.store.read(lambda view: began_at(view, promotion)),
        now=workspace.store.read(lambda view: view.now),
    )
    errand = Errand(workspace, repository, closure)
    found: list[Piece] = []
    for rule in asked:
        checker = workspace.check(rule.uses, rule.check)
        for image in closure.platforms if checker else ():
            if checker and past.is_due(rule, image.digest):
                found.append(_recorded(errand, image, checker))
    return tuple(found)


def outside_checks(rules: EnvironmentRules) -> tuple[OutsideRule, ...]:
    """Return the outside checks that this installation is to run itself, each name once and with its least age."""
    own = (rule for rule in rules.checks if isinstance(rule, ExecRule | HttpRule | PluginRule) and not rule.keys)
    oldest_first = sorted(own, key=lambda rule: rule.max_age or timedelta.max, reverse=True)
    return tuple({rule.uses: rule for rule in oldest_first}.values())


@dataclass(frozen=True, slots=True)
class _Past:
    """What outside checks answered so far, when this attempt began, and the ledger's time."""

    runs: tuple[tuple[Digest, CheckRun], ...]
    since: datetime
    now: datetime

    def is_due(self, rule: OutsideRule, image: Digest) -> bool:
        """Tell whether this check is to look at this platform now."""
        own = [run for about, run in self.runs if (about, run.check) == (image, rule.uses)]
        last = max(own, key=lambda run: (run.finished, run.objections is None), default=None)
        if last is None:
            return True
        if last.objections is None:
            return last.finished < self.since
        return rule.max_age is not None and self.now - last.finished > rule.max_age


def _runs(workspace: Workspace, known: tuple[Piece, ...]) -> Iterator[tuple[Digest, CheckRun]]:
    for payload in stated_here(workspace, known):
        with suppress(Malformed):  # no statement that can be read
            subjects = [subject.digest for subject in parse_statement(payload).subjects]
            for run in read(payload, "application/json").of(CheckRun):
                yield from ((about, run) for about in subjects)


def _recorded(errand: Errand, image: PlatformImage, checker: Scanner) -> Piece:
    started = errand.now()
    answer, reason, invocation = _asked(errand, image, checker)
    run = Run(checker.name, started, errand.now(), invocation, answer, reason)
    try:
        statement = build_verdict(run, image.digest)
    except Malformed as error:
        reason = one_line(f"it wrote no answer that counts: {error}")
        statement = build_verdict(
            Run(run.check, run.started, run.finished, invocation, None, reason), image.digest
        )
    if reason:
        _log.warning("check %s gave no answer about %s: %s", checker.name, image.digest, reason)
    return record_statement(errand.workspace, statement, errand.closure.root)


def _asked(errand: Errand, image: PlatformImage, checker: Scanner) -> tuple[bytes | None, str, tuple[str, ...]]:
    """Return its answer, or why there is none, and how it was asked."""
    try:
        outcome = checker.scan(errand.target(image))
    except (Absent, Refused) as error:  # its program is not there, or it cannot look at such an image
        return None, one_line(str(error)), ()
    if isinstance(outcome, Failed):
        return None, outcome.reason, outcome.invocation
    return outcome.content, "", outcome.invocation
