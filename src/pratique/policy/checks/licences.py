"""Licences: every package's licence is allowed, or at least none is denied.

Of alternatives (``OR``) one acceptable branch is enough, of joint licences (``AND``) each must be. A package that
states no licence, or one that nobody knows, has an unknown licence: it counts like a denied one unless the policy
says ``unknown: review``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from pratique.errors import Malformed
from pratique.evidence.facts.packages import Component
from pratique.evidence.licences import Verdict, parse_licence, satisfies
from pratique.evidence.model import Evidence, Parse
from pratique.evidence.purl import package_of
from pratique.evidence.quality import NO_LICENCE, is_package
from pratique.policy.checks.rule import CheckRule, answer, listed, named, number, signers_wanted, trusted
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome, worst
from pratique.policy.schema import TAG
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
    """Which licences may be in the image; with ``allow``, no other may."""

    check: Literal["licences"] = field(default="licences", metadata=TAG)
    allow: tuple[LicenceName, ...] = field(default=(), metadata=tighter(allows_less))
    deny: tuple[LicenceName, ...] = field(default=(), metadata=tighter(demands_more))
    unknown: UnknownLicence | None = field(default=None, metadata=tighter(UNKNOWN))
    """Where it is not given, an unknown licence means what a denied one does."""
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(allows_less))
    """Who must have signed a bill of materials that counts as complete; licences count whoever states them."""

    def __post_init__(self) -> None:
        if not self.allow and not self.deny:
            raise Malformed("expected 'allow', 'deny' or both; without either, every licence would do")


Judged = tuple[Verdict, str, Component]
"""What a licence text means in a package; the text is empty where none is stated."""


def judge_licences(rule: LicencesRule, facts: Facts) -> CheckResult:
    """Pass where a complete bill of materials is there and every package's licence is acceptable."""
    looked = [each for sbom, each in facts.sboms if any(map(is_package, sbom.components)) and _counts(rule, each)]
    judged = tuple(_judged(rule, facts))
    failed = tuple(each for each in judged if each[0] is not Verdict.UNKNOWN)
    unknown = tuple(each for each in judged if each[0] is Verdict.UNKNOWN)
    outcomes = [Outcome.PASS if looked else Outcome.UNKNOWN]
    outcomes += [rule.outcome.outcome] if failed else []
    outcomes += [Outcome(rule.unknown or rule.outcome)] if unknown else []
    packages = sum(len(components) for components in facts.index.components.values())
    return answer(
        rule,
        worst(tuple(outcomes)),
        "; ".join(_told(rule, packages, failed, unknown, bool(looked))),
        remedy=_remedy(rule, failed, unknown, bool(looked)),
        findings=tuple(_finding(each) for each in (*failed, *unknown)),
        counts=(("not_allowed", len(failed)), ("packages", packages), ("unknown", len(unknown))),
        evidence=[each.piece.digest for _, each in facts.sboms],
    )


def _counts(rule: LicencesRule, evidence: Evidence) -> bool:
    return evidence.reading.parse is Parse.OK and trusted(evidence, rule.keys)


def _judged(rule: LicencesRule, facts: Facts) -> Iterable[Judged]:
    """Return every licence that is not acceptable, in every package that has it."""
    allowed, denied = _names(rule.allow), _names(rule.deny)
    for texts, components in facts.index.components.items():
        for text in texts or ("",):
            verdict = _verdict(text, allowed, denied)
            if verdict is not Verdict.ALLOWED:
                yield from ((verdict, text, component) for component in components)


def _names(licences: tuple[LicenceName, ...]) -> frozenset[str]:
    return frozenset(name for licence in licences for name in parse_licence(licence).keys)


def _verdict(text: str, allowed: frozenset[str], denied: frozenset[str]) -> Verdict:
    if text.strip() in NO_LICENCE:
        return Verdict.UNKNOWN
    verdict = satisfies(parse_licence(text), allowed, denied)
    # Without a list of allowed ones, whatever is known and not denied will do.
    return Verdict.ALLOWED if verdict is Verdict.UNLISTED and not allowed else verdict


def _told(
    rule: LicencesRule, packages: int, failed: tuple[Judged, ...], unknown: tuple[Judged, ...], looked: bool
) -> Iterable[str]:
    if not looked:
        yield f"no complete bill of materials{signers_wanted(rule.keys)} says which packages there are"
    there = f"in {number(packages, 'package')}"
    if failed:
        yield f"{number(len(failed), 'licence')} not allowed, {there}: {named(failed, _named)}"
    if unknown:
        yield f"{number(len(unknown), 'licence')} unknown, {there}: {named(unknown, _named)}"
    if looked and not failed and not unknown:
        yield f"every licence is allowed, {there}"


def _named(judged: Judged) -> str:
    _, text, component = judged
    return f"{_licence(text)} in {component.name}"


def _licence(text: str) -> str:
    return "no licence" if text.strip() in NO_LICENCE else " ".join(text.split())[:120]


def _finding(judged: Judged) -> CheckFinding:
    verdict, text, component = judged
    package = package_of(component.purl) if component.purl else component.name
    version = f" {component.version}" if component.version else ""
    said = {Verdict.DENIED: "is denied", Verdict.UNLISTED: "is not on the list of allowed ones"}
    message = f"{_licence(text)} in {component.name}{version} {said.get(verdict, 'is unknown')}"
    return CheckFinding(f"{_licence(text)}@{package}", message)


def _remedy(
    rule: LicencesRule, failed: tuple[Judged, ...], unknown: tuple[Judged, ...], looked: bool
) -> str | None:
    orders = [] if looked else [f"add a bill of materials of this image{signers_wanted(rule.keys)}"]
    if failed:
        orders.append(f"replace {listed(dict.fromkeys(component.name for _, _, component in failed))}")
    if unknown:
        names = listed(dict.fromkeys(component.name for _, _, component in unknown))
        orders.append(f"find out the licence of {names}, and state it in the bill of materials")
    return "; ".join(orders) or None
