"""Licences: every package's licence is allowed, or at least none is denied; some are for people to look at.

Of alternatives (``OR``) one acceptable branch is enough, of joint licences (``AND``) each must be. A package that
states no licence, or one that nobody knows, has an unknown licence: it counts like a denied one unless the policy
says ``unknown: review``. The result names the index of licences by which it was judged.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from pratique.errors import Malformed
from pratique.evidence.facts.packages import Component
from pratique.evidence.licence_index import index_version
from pratique.evidence.licence_lists import Lists, Verdict, entries_of, satisfies
from pratique.evidence.licences import parse_licence
from pratique.evidence.model import Evidence, Parse
from pratique.evidence.purl import package_of
from pratique.evidence.quality import NO_LICENCE, is_package
from pratique.policy.checks.rule import (
    CheckRule,
    answer,
    listed,
    named,
    number,
    signers_wanted,
    tell_waived,
    trusted,
)
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome, worst
from pratique.policy.schema import TAG, one_is_enough
from pratique.policy.tightening import Tight, allows_less, demands_more, tighter
from pratique.policy.words import LicenceName, Service


class UnknownLicence(StrEnum):
    """What a licence that nobody knows means."""

    REVIEW = "review"
    BLOCK = "block"


def _unknown(parent: Any, child: Any) -> bool:
    return child == parent or child is UnknownLicence.BLOCK


UNKNOWN: Tight = _unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class LicencesRule(CheckRule):
    """Which licences may be in the image; with ``allow``, no other may but those of ``review``."""

    check: Literal["licences"] = field(default="licences", metadata=TAG)
    allow: tuple[LicenceName, ...] = field(default=(), metadata=tighter(allows_less) | one_is_enough())
    deny: tuple[LicenceName, ...] = field(default=(), metadata=tighter(demands_more) | one_is_enough())
    review: tuple[LicenceName, ...] = field(default=(), metadata=one_is_enough())
    """What a person must look at; it may let through what ``allow`` would not, so that inheriting keeps it as it is."""
    unknown: UnknownLicence | None = field(default=None, metadata=tighter(UNKNOWN))
    """Where it is not given, an unknown licence means what a denied one does."""
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(allows_less))
    """Who must have signed a bill of materials that counts as complete; licences count whoever states them."""

    def __post_init__(self) -> None:
        if not self.allow and not self.deny and not self.review:
            raise Malformed("expected 'allow', 'deny' or 'review'; without any, every licence would do")


Judged = tuple[Verdict, str, Component]
"""What a licence text means in a package; the text is empty where none is stated."""


def judge_licences(rule: LicencesRule, facts: Facts) -> CheckResult:
    """Pass where a complete bill of materials is there and every package's licence is acceptable."""
    looked = [each for sbom, each in facts.sboms if any(map(is_package, sbom.components)) and _counts(rule, each)]
    sorted_out = _sort(rule, tuple(_judged(rule, facts)), facts)
    packages = sum(len(components) for components in facts.index.components.values())
    return answer(
        rule,
        worst(tuple(_outcomes(rule, sorted_out, bool(looked)))),
        f"{'; '.join((*_told(rule, packages, sorted_out, bool(looked)), *_let_be(rule, sorted_out, facts)))} "
        f"(licence index {index_version()})",
        remedy=_remedy(rule, sorted_out, bool(looked)),
        findings=tuple(map(_finding, sorted_out.all)),
        counts=(
            ("not_allowed", len(sorted_out.failed)),
            ("packages", packages),
            ("to_review", len(sorted_out.reviewed)),
            ("unknown", len(sorted_out.unknown)),
            *((("by_waiver", len(sorted_out.waived)),) if sorted_out.waived else ()),
        ),
        evidence=[each.piece.digest for _, each in facts.sboms],
    )


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Licences that are not simply acceptable, by what is wrong with them."""

    failed: tuple[Judged, ...]
    reviewed: tuple[Judged, ...]
    unknown: tuple[Judged, ...]
    waived: tuple[Judged, ...]
    """A waiver covers these; never an unknown one, or not stating a licence would be the better way."""

    @property
    def all(self) -> tuple[Judged, ...]:
        """Every one, the waived ones last."""
        return (*self.failed, *self.reviewed, *self.unknown, *self.waived)


def _sort(rule: LicencesRule, judged: tuple[Judged, ...], facts: Facts) -> _Sorted:
    apart = (Verdict.UNKNOWN, Verdict.REVIEW)
    waived = tuple(each for each in judged if _is_waived(rule, each, facts)) if facts.waived else ()
    standing = tuple(each for each in judged if each not in waived) if waived else judged
    return _Sorted(
        failed=tuple(each for each in standing if each[0] not in apart),
        reviewed=tuple(each for each in standing if each[0] is Verdict.REVIEW),
        unknown=tuple(each for each in standing if each[0] is Verdict.UNKNOWN),
        waived=waived,
    )


def _is_waived(rule: LicencesRule, judged: Judged, facts: Facts) -> bool:
    return judged[0] is not Verdict.UNKNOWN and (rule.id, _finding(judged).term) in facts.waived


def _let_be(rule: LicencesRule, found: _Sorted, facts: Facts) -> tuple[str, ...]:
    keys = tuple((str(rule.id), _finding(each).term) for each in found.waived)
    return (tell_waived(len(found.all), keys, facts),) if keys else ()


def _outcomes(rule: LicencesRule, found: _Sorted, looked: bool) -> Iterable[Outcome]:
    yield Outcome.PASS if looked else Outcome.UNKNOWN
    if found.failed:
        yield rule.outcome.outcome
    if found.unknown:
        yield Outcome(rule.unknown or rule.outcome)
    # What is unknown could be what must be looked at: not stating a licence must not be the better way.
    if found.reviewed or (found.unknown and rule.review):
        yield Outcome.REVIEW


def _counts(rule: LicencesRule, evidence: Evidence) -> bool:
    return evidence.reading.parse is Parse.OK and trusted(evidence, rule.keys)


def _judged(rule: LicencesRule, facts: Facts) -> Iterable[Judged]:
    """Return every licence that is not acceptable, in every package that has it."""
    lists = Lists(entries_of(rule.allow), entries_of(rule.deny), entries_of(rule.review))
    for texts, components in facts.index.components.items():
        for text in texts or ("",):
            verdict = Verdict.UNKNOWN if text.strip() in NO_LICENCE else satisfies(parse_licence(text), lists)
            if verdict is not Verdict.ALLOWED:
                yield from ((verdict, text, component) for component in components)


def _told(rule: LicencesRule, packages: int, found: _Sorted, looked: bool) -> Iterable[str]:
    if not looked:
        yield f"no complete bill of materials{signers_wanted(rule.keys)} says which packages there are"
    there = f"in {number(packages, 'package')}"
    kinds = ((found.failed, "not allowed"), (found.reviewed, "to review"), (found.unknown, "unknown"))
    for judged, what in kinds:
        if judged:
            yield f"{number(len(judged), 'licence')} {what}, {there}: {named(judged, _named)}"
    if looked and not any(judged for judged, _ in kinds):
        yield f"every licence is allowed, {there}"


def _named(judged: Judged) -> str:
    _, text, component = judged
    return f"{_licence(text)} in {component.name}"


def _licence(text: str) -> str:
    return "no licence" if text.strip() in NO_LICENCE else " ".join(text.split())[:120]


_SAID = {
    Verdict.DENIED: "is denied",
    Verdict.UNLISTED: "is not on the list of allowed ones",
    Verdict.REVIEW: "is for people to look at",
    Verdict.UNKNOWN: "is unknown",
}


def _finding(judged: Judged) -> CheckFinding:
    verdict, text, component = judged
    package = package_of(component.purl) if component.purl else component.name
    version = f" {component.version}" if component.version else ""
    message = f"{_licence(text)} in {component.name}{version} {_SAID[verdict]}"
    return CheckFinding(f"{_licence(text)}@{package}", message)


def _remedy(rule: LicencesRule, found: _Sorted, looked: bool) -> str | None:
    orders = [] if looked else [f"add a bill of materials of this image{signers_wanted(rule.keys)}"]
    if found.failed:
        orders.append(f"replace {_packages(found.failed)}")
    if found.reviewed:
        orders.append(f"let somebody look at the licence of {_packages(found.reviewed)}")
    if found.unknown:
        orders.append(f"find out the licence of {_packages(found.unknown)}, and state it in the bill of materials")
    return "; ".join(orders) or None


def _packages(judged: tuple[Judged, ...]) -> str:
    return listed(dict.fromkeys(component.name for _, _, component in judged))
