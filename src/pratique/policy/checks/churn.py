"""Churn: how much the packages differ from those of the image that the environment holds now.

A new maintainer is a supplier of packages who supplied none of the packages there; packages that name no supplier
are counted apart. Where there is nothing to compare with, nobody knows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from pratique.errors import Malformed
from pratique.evidence.model import Parse
from pratique.evidence.quality import is_package
from pratique.policy.change import PackageChange, compare_packages
from pratique.policy.checks.rule import CheckRule, Problem, judged, number, signers_wanted, trusted
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG
from pratique.policy.tightening import allows_less, lower, tighter
from pratique.policy.words import Count, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class ChurnRule(CheckRule):
    """At most so much of the packages is new."""

    check: Literal["churn"] = field(default="churn", metadata=TAG)
    max_added: Count | None = field(default=None, metadata=tighter(lower))
    max_removed: Count | None = field(default=None, metadata=tighter(lower))
    max_changed: Count | None = field(default=None, metadata=tighter(lower))
    max_major_bumps: Count | None = field(default=None, metadata=tighter(lower))
    max_new_maintainers: Count | None = field(default=None, metadata=tighter(lower))
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(allows_less))
    """Who must have signed a bill of materials that counts as complete; packages count whoever lists them."""

    def __post_init__(self) -> None:
        if not any(limit is not None for _, limit in _limits(self)):
            raise Malformed("expected at least one limit, such as 'max_major_bumps: 0'; nothing is limited")


def judge_churn(rule: ChurnRule, facts: Facts) -> CheckResult:
    """Pass where both images' packages are known and every limit holds."""
    gaps = tuple(_gaps(rule, facts))
    held = (facts.current.components if facts.current else None) or frozenset()
    change = compare_packages(_purls(facts), held)
    items = _items(change, _new_maintainers(facts))
    return judged(
        rule,
        facts,
        (*gaps, *(problem for name, limit in _limits(rule) for problem in _over(rule, items[name], limit))),
        ", ".join(
            f"{len(items[name])} {name.replace('_', ' ')}" for name, limit in _limits(rule) if limit is not None
        ),
        counts=tuple((name, len(found)) for name, found in items.items()),
        evidence=[evidence.piece.digest for _, evidence in facts.sboms],
    )


def _limits(rule: ChurnRule) -> tuple[tuple[str, Count | None], ...]:
    return (
        ("added", rule.max_added),
        ("removed", rule.max_removed),
        ("changed", rule.max_changed),
        ("major_bumps", rule.max_major_bumps),
        ("new_maintainers", rule.max_new_maintainers),
    )


def _gaps(rule: ChurnRule, facts: Facts) -> Iterator[Problem]:
    looked = any(
        evidence.reading.parse is Parse.OK
        and trusted(evidence, rule.keys)
        and any(map(is_package, sbom.components))
        for sbom, evidence in facts.sboms
    )
    if not looked:
        message = f"no bill of materials{signers_wanted(rule.keys)} lists its packages"
        order = f"add an SBOM of {facts.subject}{signers_wanted(rule.keys)}"
        yield Outcome.UNKNOWN, CheckFinding("sbom", message, fix=order)
    if facts.current is None or facts.current.components is None:
        message = "there is nothing to compare it with: of what the environment holds no packages are recorded"
        order = "let people look at the first image, or do without this check until there is one"
        yield Outcome.UNKNOWN, CheckFinding("current", message, fix=order)
    if rule.max_new_maintainers is not None and any(
        component.supplier is None for sbom, _ in facts.sboms for component in filter(is_package, sbom.components)
    ):
        message = "some packages name no supplier, so nobody can say who is new"
        order = "state who supplies the packages"
        yield Outcome.UNKNOWN, CheckFinding("suppliers", message, fix=order)


def _purls(facts: Facts) -> Iterable[str]:
    return (component.purl for sbom, _ in facts.sboms for component in sbom.components if component.purl)


def _new_maintainers(facts: Facts) -> tuple[str, ...]:
    known = (facts.current.suppliers if facts.current else None) or frozenset()
    named = {each.supplier for sbom, _ in facts.sboms for each in sbom.components if each.supplier}
    return tuple(sorted(named - known))


def _items(change: PackageChange, maintainers: tuple[str, ...]) -> dict[str, tuple[CheckFinding, ...]]:
    """Return every difference as a finding, by the name of its limit."""
    return {
        "added": tuple(CheckFinding(f"added:{one}", f"{one} is new") for one in change.added),
        "removed": tuple(CheckFinding(f"removed:{one}", f"{one} is gone") for one in change.removed),
        "changed": tuple(CheckFinding(f"changed:{one}", f"{one} has another version") for one in change.changed),
        "major_bumps": tuple(
            CheckFinding(f"bump:{one.package}", f"{one.package} goes from {one.before} to {one.after}")
            for one in change.bumps
        ),
        "new_maintainers": tuple(
            CheckFinding(f"maintainer:{one}", f"{one} supplied nothing before") for one in maintainers
        ),
    }


def _over(rule: ChurnRule, found: tuple[CheckFinding, ...], limit: Count | None) -> tuple[Problem, ...]:
    if limit is None or len(found) <= limit:
        return ()
    message = f"{number(len(found), 'difference')} of this kind, at most {limit}"
    return tuple(
        (
            rule.outcome.outcome,
            CheckFinding(
                one.term, f"{one.message} ({message})", fix="update in smaller steps, and review what is new"
            ),
        )
        for one in found
    )
