"""Bill of materials: it is there, in an allowed format, about this image, and complete enough."""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Literal, assert_never

from pratique.evidence.crosscheck import missing_from, not_comparable
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.model import Bound, Evidence, Parse
from pratique.evidence.quality import Quality, Said, measure, share
from pratique.policy.checks.rule import (
    CheckRule,
    Problem,
    answer,
    distance,
    listed,
    named,
    number,
    signers_wanted,
    sum_up,
    trusted,
    weigh,
)
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG
from pratique.policy.tightening import allows_less, demands_more, higher, tighter
from pratique.policy.words import Service, Share, render_share
from pratique.values.digest import Digest


class SbomFormat(StrEnum):
    """A family of formats, whatever its version and spelling."""

    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"


@dataclass(frozen=True, slots=True, kw_only=True)
class MinRatio:
    """The least share of components that must state each of these."""

    version: Share | None = field(default=None, metadata=tighter(higher))
    purl: Share | None = field(default=None, metadata=tighter(higher))
    licence: Share | None = field(default=None, metadata=tighter(higher))
    supplier: Share | None = field(default=None, metadata=tighter(higher))
    relationships: Share | None = field(default=None, metadata=tighter(higher))
    """Packages that at least one relationship names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SbomRule(CheckRule):
    """What the bill of materials must be like."""

    check: Literal["sbom"] = field(default="sbom", metadata=TAG)
    required: bool = field(default=True, metadata=tighter(higher))
    """``false`` turns a missing one into ``warn``; one that is there is judged all the same."""
    formats: tuple[SbomFormat, ...] = field(default=(), metadata=tighter(allows_less))
    min_ratio: MinRatio = MinRatio()
    must_say: tuple[Said, ...] = field(default=(), metadata=tighter(demands_more))
    """What the document as a whole must say."""
    binds_to_digest: bool = field(default=False, metadata=tighter(higher))
    """The document itself, or a signed statement around it, must name this digest."""
    cross_check: bool = field(default=False, metadata=tighter(higher))
    """It must list every package that the image's layers hold, as measured here."""
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(allows_less))


_COMPLETE = "make a bill of materials of this image with a tool that looks inside it, and add it"
_REMEDIES = {
    "ratio-version": "have the tool look at installed packages instead of at names in lock files",
    "ratio-purl": "let a tool that writes package URLs make it",
    "ratio-licence": "let the tool look up licences, or state those that it cannot find",
    "ratio-supplier": "state who supplies the packages",
    "ratio-relationships": "let the tool write dependencies",
    "binding": "make it from the image by digest, or sign a statement about the digest around it",
    "hidden-packages": "make it from the finished image and leave nothing out; look at who made this one",
    "layers": "have the image gathered again, so that its layers are measured",
    "layers-unread": "take an image whose package database is read here, or do without cross_check",
    "says-tool": "let a tool make it that names itself",
    "says-timestamp": "let a tool make it that writes the time with its zone",
    "says-distro": "make it from the whole image, so that the system is in it",
    "says-relationships": "let the tool write dependencies",
    "says-complete": "examine what the document says was not examined, and make it again",
}
"""What to do about a finding, by its term."""


def judge_sbom(rule: SbomRule, facts: Facts) -> CheckResult:
    """Pass where one bill of materials meets every demand; otherwise tell about the one that came closest."""
    measured = [(sbom, measure(sbom), each) for sbom, each in facts.sboms if trusted(each, rule.keys)]
    if not measured:
        return _missing(rule, facts)
    judged = [
        (weigh(rule, facts, _problems(rule, quality, each) + _cross_check(rule, sbom, facts)), quality, each)
        for sbom, quality, each in measured
    ]
    place = min(range(len(judged)), key=lambda each: distance(judged[each][0].standing))
    weighed, quality, evidence = judged[place]
    outside = not_comparable(measured[place][0].components) if rule.cross_check else ()
    message = "; ".join(finding.message for _, finding in weighed.standing)
    message = message or f"{evidence.reading.format} with {number(quality.packages, 'package')}"
    return answer(
        rule,
        sum_up(weighed.standing),
        "; ".join((message, *_told(outside), *weighed.told)),
        remedy=_remedy(weighed.standing),
        findings=weighed.findings,
        counts=(*_counts(quality), *((("not_comparable", len(outside)),) if outside else ()), *weighed.counts),
        evidence=[each.piece.digest for _, _, each in measured] + _measured(rule, facts),
    )


def _told(outside: tuple[Component, ...]) -> tuple[str, ...]:
    """Return what the layers can neither confirm nor contradict, where there is any; it fails nothing."""
    if not outside:
        return ()
    names = named(outside, lambda one: one.purl or f"{one.name} (no package URL)")
    return (f"{number(len(outside), 'package')} not comparable with the layers: {names}",)


def _measured(rule: SbomRule, facts: Facts) -> list[Digest]:
    return [each.piece.digest for _, each in facts.surfaces] if rule.cross_check else []


def _remedy(problems: tuple[Problem, ...]) -> str | None:
    orders = [_REMEDIES.get(finding.term, _COMPLETE) for _, finding in problems]
    return "; ".join(dict.fromkeys(orders)) or None


def _missing(rule: SbomRule, facts: Facts) -> CheckResult:
    others = f"; {len(facts.sboms)} are here without" if facts.sboms else ""
    message = f"no bill of materials{signers_wanted(rule.keys)}{others}"
    return answer(
        rule,
        Outcome.UNKNOWN if rule.required else Outcome.WARN,
        message,
        remedy=f"add an SBOM of {facts.subject}{signers_wanted(rule.keys)}",
        findings=(CheckFinding("sbom", message),),
        counts=(("packages", 0),),
        evidence=[each.piece.digest for _, each in facts.sboms],
    )


def _counts(quality: Quality) -> tuple[tuple[str, int], ...]:
    return (
        ("packages", quality.packages),
        ("with_licence", quality.with_licence),
        ("with_purl", quality.with_purl),
        ("with_relationships", quality.with_relationships),
        ("with_supplier", quality.with_supplier),
        ("with_version", quality.with_version),
    )


def _problems(rule: SbomRule, quality: Quality, evidence: Evidence) -> tuple[Problem, ...]:
    found = [_unread(evidence), _empty(quality), _format(rule, evidence), _unbound(rule, evidence)]
    found += [_too_few(rule, quality, each.name) for each in fields(MinRatio)]
    found += [_unsaid(rule, each) for each in rule.must_say if each not in quality.said]
    return tuple(problem for problem in found if problem)


def _cross_check(rule: SbomRule, sbom: Sbom, facts: Facts) -> tuple[Problem, ...]:
    """Return what the layers say against the bill of materials: it cannot be believed then, whatever it lists."""
    if not rule.cross_check:
        return ()
    if not facts.surfaces:
        return ((Outcome.UNKNOWN, CheckFinding("layers", "nobody measured what the image's layers hold")),)
    unread = sorted({path for surface, _ in facts.surfaces for path in surface.packages_unread})
    installed = {held.package for surface, _ in facts.surfaces for held in surface.packages}
    found = missing_from(sbom.components, installed)
    problems: list[Problem] = []
    if unread:
        message = f"the layers hold package records that are not read: {listed(unread)}"
        problems.append((Outcome.UNKNOWN, CheckFinding("layers-unread", message)))
    if found:
        names = named(found, lambda one: f"{one.package.manager}/{one.package.name}@{one.package.version}")
        message = f"{len(found)} of {number(len(installed), 'installed package')} are not listed: {names}"
        problems.append((Outcome.UNKNOWN, CheckFinding("hidden-packages", message)))
    return tuple(problems)


def _unread(evidence: Evidence) -> Problem | None:
    if evidence.reading.parse is Parse.OK:
        return None
    reasons = "; ".join(evidence.reading.reasons[:3])
    return Outcome.UNKNOWN, CheckFinding("parse", f"the bill of materials was only partly understood: {reasons}")


def _empty(quality: Quality) -> Problem | None:
    if quality.packages:
        return None
    return Outcome.UNKNOWN, CheckFinding("packages", "the bill of materials lists no package")


def _format(rule: SbomRule, evidence: Evidence) -> Problem | None:
    found = evidence.reading.format
    if not rule.formats or any(found.startswith(allowed) for allowed in rule.formats):
        return None
    message = f"the bill of materials is {found}, expected {' or '.join(rule.formats)}"
    return rule.outcome.outcome, CheckFinding("format", message)


def _unbound(rule: SbomRule, evidence: Evidence) -> Problem | None:
    match evidence.bound:
        case Bound.STATEMENT | Bound.REPORT:
            return None
        case Bound.REFERRER | Bound.CLAIM | Bound.OTHER:
            message = f"nothing in the bill of materials says that it is about this digest: {evidence.because}"
            return (Outcome.UNKNOWN, CheckFinding("binding", message)) if rule.binds_to_digest else None
        case _:
            assert_never(evidence.bound)


_STATED = {"relationships": "relationships", "purl": "a package URL"}
_UNSAID = {
    Said.TOOL: "no tool is named that made it",
    Said.TIMESTAMP: "no time is stated at which it was made",
    Said.DISTRO: "no system is named that its packages are of",
    Said.RELATIONSHIPS: "it states no relationship between its parts",
    Said.COMPLETE: "it does not say that its lists are complete",
}


def _unsaid(rule: SbomRule, said: Said) -> Problem:
    return rule.outcome.outcome, CheckFinding(
        f"says-{said}", f"the bill of materials falls short: {_UNSAID[said]}"
    )


def _too_few(rule: SbomRule, quality: Quality, what: str) -> Problem | None:
    least: Share | None = getattr(rule.min_ratio, what)
    total, stated = quality.packages, getattr(quality, f"with_{what}")
    if least is None or stated >= least * total:
        return None
    found = f"{stated} of {total} packages state {_STATED.get(what, f'a {what}')} ({share(stated, total)})"
    message = f"{found}, expected a share of at least {render_share(least)}"
    return rule.outcome.outcome, CheckFinding(f"ratio-{what}", message)
